// The camera of the Live page: it sends frames to the app's own route, one at a time, and draws the
// answers over the video.

const MINUTE_MS = 60_000
const ANSWER_WITHIN_MS = 10_000
const FRAME = { width: 640, height: 480 }
const PROBLEMS = {
  insecure:
    "Browsers allow a camera only on pages from HTTPS or from this computer. Open the app as " +
    "http://localhost or over HTTPS.",
  ended:
    "The camera was unplugged, switched off or taken by another program. Reconnect it and press " +
    "Start again.",
  NotAllowedError:
    "The browser may not use the camera. Allow it at the camera icon in the address bar and press " +
    "Start again.",
  NotFoundError: "No camera was found. Connect one and press Start again, or use a photo.",
  OverconstrainedError: "That camera is no longer connected. Choose another one and press Start again.",
  NotReadableError:
    "Another program is using the camera, or it does not respond. Close that program and press " +
    "Start again.",
  silent: "The app's server does not respond. Is it still running?",
  unreachable: status =>
    `The camera's frames do not reach the app (HTTP ${status}). If it runs behind a proxy, let ` +
    "the proxy forward requests below /api/live, then press Start again.",
}

const cameras = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  let camera = cameras.get(parentElement)
  if (!camera) {
    camera = new Camera(parentElement)
    cameras.set(parentElement, camera)
  }
  Object.assign(camera, { data, trigger: setTriggerValue })
  return () => {
    cameras.delete(parentElement)
    camera.leave()
  }
}

class Camera {
  constructor(root) {
    const part = id => root.querySelector(`#${id}`)
    this.video = part("video")
    this.overlay = part("overlay")
    this.message = part("message")
    this.stage = part("stage")
    this.buttons = Object.fromEntries(
      ["start", "pause", "mirror", "snapshot"].map(id => [id, part(id)]),
    )
    this.select = part("camera")
    this.figures = Object.fromEntries(["fps", "latency", "dropped"].map(id => [id, part(id)]))
    this.bars = part("bars")
    this.timeline = part("timeline")
    this.spoken = part("spoken")
    this.sheet = document.createElement("canvas")
    this.mirrored = true
    this.paused = false
    this.media = null
    this.run = 0
    this.buttons.start.onclick = () => (this.media ? this.stop() : this.start())
    this.buttons.pause.onclick = () => this.pause(!this.paused)
    this.buttons.mirror.onclick = () => this.mirror(!this.mirrored)
    this.buttons.snapshot.onclick = () => this.snapshot()
    this.select.onchange = () => this.media && this.start()
    this.onPageHide = () => this.leave()
    window.addEventListener("pagehide", this.onPageHide)
    this.mirror(true)
    this.show("Press Start to use the camera. Frames are processed in memory and discarded.")
    this.refresh()
  }

  async start() {
    this.release()
    const run = ++this.run
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
      return this.show(PROBLEMS.insecure, true)
    }
    this.show("Waiting for the camera …")
    const wanted = this.select.value ? { deviceId: { exact: this.select.value } } : {}
    let media
    try {
      media = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { ...wanted, width: { ideal: FRAME.width }, height: { ideal: FRAME.height } },
      })
      if (run !== this.run) return media.getTracks().forEach(track => track.stop())
      this.media = media
      this.video.srcObject = media
      await Promise.race([this.video.play(), silence()])
    } catch (problem) {
      if (run !== this.run) return
      this.release()
      return this.show(PROBLEMS[problem.name] ?? `The camera did not start: ${problem.message}`, true)
    }
    media.getVideoTracks()[0].onended = () => {
      this.stop()
      this.show(PROBLEMS.ended, true)
    }
    this.paused = false
    this.times = []
    this.moments = []
    Object.values(this.figures).forEach(figure => (figure.textContent = "–"))
    this.dropped = 0
    this.presented = null
    this.failures = 0
    this.show("")
    this.refresh()
    this.listCameras()
    this.loop(run)
  }

  async listCameras() {
    const used = this.media?.getVideoTracks()[0]?.getSettings().deviceId
    const devices = await navigator.mediaDevices.enumerateDevices()
    const inputs = devices.filter(device => device.kind === "videoinput")
    this.select.replaceChildren(
      ...inputs.map((device, index) => new Option(device.label || `Camera ${index + 1}`, device.deviceId)),
    )
    if (used) this.select.value = used
    this.select.disabled = inputs.length < 2
  }

  async loop(run) {
    while (run === this.run && this.media) {
      await this.nextFrame()
      if (run !== this.run || !this.media) return
      if (this.paused || !this.video.videoWidth) continue
      const started = performance.now()
      const frame = this.capture()
      const jpeg = await new Promise(done => frame.toBlob(done, "image/jpeg", 0.8))
      const { faces, error, fatal } = await this.ask(jpeg)
      if (run !== this.run || !this.media) return
      if (error) {
        if (fatal || ++this.failures > 20) {
          this.stop()
          return this.show(error, true)
        }
        await new Promise(done => setTimeout(done, 100))
        continue
      }
      this.failures = 0
      if (this.paused) continue
      const now = performance.now()
      this.times = [...this.times.filter(time => now - time < 2000), now]
      this.latency = now - started
      for (const face of faces) {
        this.moments.push({ at: now, number: face.number, emotion: face.emotion, confidence: face.confidence })
      }
      this.draw(faces)
      this.report(now, faces)
    }
  }

  nextFrame() {
    return new Promise(done => {
      // A camera that was unplugged presents no more frames, so do not wait for one for ever.
      const timer = setTimeout(done, 1000)
      const go = () => (clearTimeout(timer), done())
      if (!this.video.requestVideoFrameCallback) return requestAnimationFrame(go)
      this.video.requestVideoFrameCallback((_, { presentedFrames }) => {
        if (this.presented !== null && !this.paused) {
          this.dropped += Math.max(presentedFrames - this.presented - 1, 0)
        }
        this.presented = presentedFrames
        go()
      })
    })
  }

  // Draws the frame on a second canvas, at the size in which it is sent.
  capture() {
    const { videoWidth: width, videoHeight: height } = this.video
    const scale = Math.min(1, FRAME.width / Math.max(width, height))
    this.sheet.width = Math.round(width * scale)
    this.sheet.height = Math.round(height * scale)
    this.sheet.getContext("2d").drawImage(this.video, 0, 0, this.sheet.width, this.sheet.height)
    return this.sheet
  }

  async ask(jpeg) {
    try {
      const response = await fetch(this.address(), {
        method: "POST",
        headers: { "Content-Type": "image/jpeg" },
        body: jpeg,
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      })
      const isOurs = response.headers.get("content-type")?.startsWith("application/json")
      if (!isOurs) return { error: PROBLEMS.unreachable(response.status) }
      const reply = await response.json()
      if (response.ok) return reply
      return { error: reply.error, fatal: response.status === 403 }
    } catch (problem) {
      return { error: PROBLEMS.silent, fatal: problem.name === "TimeoutError" }
    }
  }

  address() {
    return new URL(`.${this.data.route}/${this.data.token}`, document.baseURI)
  }

  draw(faces) {
    // Draw the analysed frame, too: the box then fits the face however late the answer is.
    const { width, height } = this.sheet
    Object.assign(this.overlay, { width, height })
    const pen = this.overlay.getContext("2d")
    if (this.mirrored) pen.setTransform(-1, 0, 0, 1, width, 0)
    pen.drawImage(this.sheet, 0, 0)
    pen.resetTransform()
    pen.font = "600 20px sans-serif"
    pen.textBaseline = "middle"
    for (const face of faces) {
      const { color, ink, symbol } = this.data.labels[face.emotion]
      const [x, y, w, h] = face.box
      const left = this.mirrored ? width - x - w : x
      pen.lineWidth = 5
      pen.strokeStyle = ink
      pen.strokeRect(left, y, w, h)
      pen.lineWidth = 3
      pen.strokeStyle = color
      pen.strokeRect(left, y, w, h)
      const text = `${face.number} ${symbol} ${face.emotion} ${Math.round(100 * face.confidence)} %`
      const tag = pen.measureText(text).width + 14
      const tagX = Math.max(0, Math.min(left, width - tag))
      const tagY = y >= 30 ? y - 30 : y
      pen.fillStyle = color
      pen.fillRect(tagX, tagY, tag, 30)
      pen.fillStyle = ink
      pen.fillText(text, tagX + 7, tagY + 16)
    }
  }

  report(now, faces) {
    if (now - (this.reported ?? 0) < 200) return
    this.reported = now
    const span = (this.times.at(-1) - this.times[0]) / 1000
    const fps = span > 0 ? (this.times.length - 1) / span : 0
    this.figures.fps.textContent = fps.toFixed(1)
    this.figures.latency.textContent = `${Math.round(this.latency)} ms`
    this.figures.dropped.textContent = this.dropped
    const largest = faces.reduce((a, b) => (a && a.box[2] * a.box[3] >= b.box[2] * b.box[3] ? a : b), null)
    this.drawBars(largest)
    this.drawTimeline(now)
    const words = faces.length
      ? faces.map(face => `face ${face.number}: ${face.emotion}`).join(", ")
      : "no face"
    if (now - (this.spokeAt ?? 0) > 3000 && this.spoken.textContent !== words) {
      this.spoken.textContent = words
      this.spokeAt = now
    }
  }

  drawBars(face) {
    const names = Object.keys(this.data.labels)
    if (this.bars.children.length !== names.length) {
      this.bars.replaceChildren(...names.map(name => {
        const row = document.createElement("li")
        row.innerHTML = '<span></span><span class="bar"><i></i></span><span class="number"></span>'
        const { symbol, color } = this.data.labels[name]
        row.children[0].textContent = `${symbol} ${name}`
        row.querySelector("i").style.background = color
        return row
      }))
    }
    names.forEach((name, index) => {
      const share = face ? face.probabilities[name] : 0
      const [, bar, number] = this.bars.children[index].children
      bar.firstChild.style.width = `${100 * share}%`
      number.textContent = face ? `${Math.round(100 * share)} %` : "–"
      this.bars.children[index].classList.toggle("top", face?.emotion === name)
    })
  }

  drawTimeline(now) {
    this.moments = this.moments.filter(moment => now - moment.at < MINUTE_MS)
    const people = [...new Set(this.moments.map(moment => moment.number))].sort((a, b) => a - b).slice(-4)
    const density = window.devicePixelRatio || 1
    const width = this.timeline.clientWidth
    const row = 22
    const height = Math.max(people.length, 1) * row
    this.timeline.style.height = `${height}px`
    this.timeline.width = width * density
    this.timeline.height = height * density
    const pen = this.timeline.getContext("2d")
    pen.scale(density, density)
    const style = getComputedStyle(this.timeline)
    const left = 26
    people.forEach((number, index) => {
      pen.globalAlpha = 1
      pen.fillStyle = style.color
      pen.font = "12px sans-serif"
      pen.textBaseline = "middle"
      pen.fillText(number, 6, index * row + row / 2)
      const mine = this.moments.filter(moment => moment.number === number)
      mine.forEach((moment, place) => {
        const until = Math.min(mine[place + 1]?.at ?? now, moment.at + 1000)
        const x = at => left + (width - left) * (1 - (now - at) / MINUTE_MS)
        pen.globalAlpha = 0.35 + 0.65 * moment.confidence
        pen.fillStyle = this.data.labels[moment.emotion].color
        pen.fillRect(x(moment.at), index * row + 2, Math.max(x(until) - x(moment.at) + 0.5, 1), row - 4)
      })
    })
  }

  pause(paused) {
    this.paused = paused
    if (paused) this.video.pause()
    else this.video.play()
    this.refresh()
  }

  mirror(mirrored) {
    this.mirrored = mirrored
    this.video.classList.toggle("mirrored", mirrored)
    this.overlay.getContext("2d").clearRect(0, 0, this.overlay.width, this.overlay.height)
    this.buttons.mirror.setAttribute("aria-pressed", mirrored)
  }

  snapshot() {
    const picture = this.capture().toDataURL("image/jpeg", 0.92)
    this.release()
    this.trigger("snapshot", picture)
  }

  stop() {
    this.release()
    this.show("Stopped. Press Start for a new session.")
    this.trigger("stopped", true)
  }

  leave() {
    window.removeEventListener("pagehide", this.onPageHide)
    this.release()
    if (this.data) fetch(this.address(), { method: "DELETE", keepalive: true }).catch(() => {})
  }

  release() {
    this.run += 1
    this.media?.getTracks().forEach(track => ((track.onended = null), track.stop()))
    this.media = null
    this.video.srcObject = null
    this.paused = false
    this.overlay.getContext("2d").clearRect(0, 0, this.overlay.width, this.overlay.height)
    this.refresh()
  }

  refresh() {
    const on = Boolean(this.media)
    this.buttons.start.textContent = on ? "Stop" : "Start"
    this.buttons.start.classList.toggle("primary", !on)
    this.buttons.pause.textContent = this.paused ? "Resume" : "Pause"
    this.buttons.pause.disabled = this.buttons.snapshot.disabled = !on
    this.stage.dataset.state = on ? (this.paused ? "paused" : "running") : "off"
  }

  show(text, isProblem = false) {
    this.message.textContent = text
    this.message.hidden = !text
    this.message.classList.toggle("problem", isProblem)
  }
}

// A camera that another program holds may open, yet never show a frame.
function silence() {
  return new Promise((_, fail) => setTimeout(fail, 15_000, { name: "NotReadableError" }))
}
