// The camera: frame after frame to the worker, one at a time.

import { draw } from "./boxes"
import type { Client } from "./client"
import { Problem } from "./export"
import { describe, showFace } from "./figures"
import { show } from "./message"
import { part } from "./parts"
import type { Answer } from "./pipeline/answer"
import { area } from "./pipeline/faces"
import type { Settings } from "./pipeline/settings"

const FRAME = { width: 640, height: 480 }
const SILENCE_MS = 15_000
const SHOWN_EVERY_MS = 200
const SPOKEN_EVERY_MS = 3000
const RATE_OVER_MS = 2000
const PROBLEMS: Readonly<Record<string, string>> = {
  insecure: "Browsers allow a camera only on pages from HTTPS or from this computer. Open the page over HTTPS, or use a photo.",
  ended: "The camera was unplugged, switched off or taken by another program. Reconnect it and press Start again.",
  NotAllowedError: "The browser may not use the camera. Allow it at the camera icon in the address bar and press Start again, or use a photo.",
  NotFoundError: "No camera was found. Connect one and press Start again, or use a photo.",
  OverconstrainedError: "That camera is no longer connected. Choose another one and press Start again.",
  NotReadableError: "Another program is using the camera, or it does not respond. Close that program and press Start again.",
}

export class Camera {
  private media: MediaStream | null = null
  private run = 0
  private mirrored = true
  private readonly sheet = document.createElement("canvas")
  private readonly video = part<HTMLVideoElement>("video")
  private readonly overlay = part<HTMLCanvasElement>("overlay")
  private times: number[] = []
  private shownAt = 0
  private spokenAt = 0

  constructor(
    private readonly client: Client,
    private readonly settings: Settings,
  ) {
    part("start").onclick = () => void (this.media ? this.stop("Stopped. Press Start for a new session.") : this.start())
    part("mirror").onclick = () => this.mirror()
    part<HTMLSelectElement>("camera").onchange = () => void (this.media && this.start())
    document.addEventListener("visibilitychange", () => this.media && show(document.hidden ? PAUSED : ""))
    addEventListener("pagehide", () => this.release())
  }

  /** End what runs; words explain it, or nothing is shown. */
  stop(words: string, isProblem = false): void {
    if (!this.media && !words) return
    this.release()
    show(words, isProblem)
    showFace(undefined, this.settings, "The camera is off")
  }

  private async start(): Promise<void> {
    this.release()
    const { run } = this
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return show(PROBLEMS["insecure"]!, true)
    show("Waiting for the camera …")
    const chosen = part<HTMLSelectElement>("camera").value
    try {
      const media = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: {
          ...(chosen ? { deviceId: { exact: chosen } } : { facingMode: "user" }),
          width: { ideal: FRAME.width }, height: { ideal: FRAME.height },
        },
      })
      if (run !== this.run) return media.getTracks().forEach(track => track.stop())
      this.media = media
      this.video.srcObject = media
      await Promise.race([this.video.play(), silence()])
    } catch (problem) {
      if (run !== this.run) return
      const { name, message } = problem as DOMException
      return this.stop(PROBLEMS[name] ?? `The camera did not start: ${message}`, true)
    }
    this.media.getVideoTracks()[0]!.onended = () => this.stop(PROBLEMS["ended"]!, true)
    this.client.restart()
    show("")
    this.refresh()
    void this.listCameras()
    await this.loop(run)
  }

  private async loop(run: number): Promise<void> {
    while (run === this.run) {
      await this.nextFrame()
      if (run !== this.run) return
      if (document.hidden || !this.video.videoWidth) continue
      const started = performance.now()
      const frame = this.capture()
      let answers: readonly Answer[]
      try {
        answers = (await this.client.frame(frame, started / 1000)).answers
      } catch (problem) {
        if (run === this.run) this.stop(problem instanceof Problem ? problem.message : String(problem), true)
        return
      }
      if (run !== this.run) return
      draw(this.overlay, this.sheet, this.sheet, answers, this.settings, { scale: 1, mirrored: this.mirrored })
      this.report(answers, started)
    }
  }

  private nextFrame(): Promise<unknown> {
    return new Promise(done => {
      // A camera that was unplugged presents no more frames, so do not wait for one for ever.
      setTimeout(done, 1000)
      if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(done)
      else requestAnimationFrame(done)
    })
  }

  private capture(): ImageData {
    const { videoWidth, videoHeight } = this.video
    const scale = Math.min(1, FRAME.width / Math.max(videoWidth, videoHeight))
    const size = { width: Math.round(videoWidth * scale), height: Math.round(videoHeight * scale) }
    if (this.sheet.width !== size.width) this.sheet.width = size.width
    if (this.sheet.height !== size.height) this.sheet.height = size.height
    const pen = this.sheet.getContext("2d", { willReadFrequently: true })!
    pen.drawImage(this.video, 0, 0, size.width, size.height)
    return pen.getImageData(0, 0, size.width, size.height)
  }

  private report(answers: readonly Answer[], started: number): void {
    const now = performance.now()
    this.times = [...this.times, now].filter((at, index, all) => now - at < RATE_OVER_MS || index >= all.length - 3)
    if (now - this.shownAt < SHOWN_EVERY_MS) return
    this.shownAt = now
    const span = now - this.times[0]!
    part("fps").textContent = span > 0 ? ((1000 * (this.times.length - 1)) / span).toFixed(1) : "–"
    part("latency").textContent = `${Math.round(now - started)} ms`
    const largest = [...answers].sort((one, other) => area(other.box) - area(one.box))[0]
    part("who").textContent =
      answers.length > 1 ? `Largest of ${answers.length} faces: face ${largest!.number}` : "Largest face"
    showFace(largest, this.settings, "No face in view")
    const words = answers.map(answer => describe(answer, this.settings)).join(", ") || "no face"
    if (now - this.spokenAt > SPOKEN_EVERY_MS && part("spoken").textContent !== words) {
      part("spoken").textContent = words
      this.spokenAt = now
    }
  }

  private async listCameras(): Promise<void> {
    const select = part<HTMLSelectElement>("camera")
    const used = this.media?.getVideoTracks()[0]?.getSettings().deviceId
    const inputs = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput")
    select.replaceChildren(...inputs.map(({ label, deviceId }, at) => new Option(label || `Camera ${at + 1}`, deviceId)))
    if (used) select.value = used
    select.hidden = inputs.length < 2
  }

  private mirror(): void {
    this.mirrored = !this.mirrored
    part("mirror").setAttribute("aria-pressed", String(this.mirrored))
  }

  private release(): void {
    this.media?.getTracks().forEach(track => {
      track.onended = null
      track.stop()
    })
    this.run++
    this.media = null
    this.video.srcObject = null
    this.times = []
    this.overlay.width = 0 // clears it
    part("spoken").textContent = ""
    this.refresh()
  }

  private refresh(): void {
    const isOn = Boolean(this.media)
    part("start").textContent = isOn ? "Stop" : "Start"
    part("start").classList.toggle("primary", !isOn)
    part("speed").hidden = !isOn
    part("face").hidden = true
    this.overlay.setAttribute("aria-label", isOn ? "Your camera, with boxes around the faces" : "No photo and no frame yet")
  }
}

const PAUSED = "Paused: this tab is in the background."

/** A camera that another program holds may open, yet never show a frame. */
function silence(): Promise<never> {
  return new Promise((_, fail) => setTimeout(fail, SILENCE_MS, { name: "NotReadableError" }))
}
