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

export default function ({ data, parentElement, setTriggerValue }) {
  const camera = (parentElement.camera ??= new Camera(parentElement))
  Object.assign(camera, { data, trigger: setTriggerValue })
  return () => {
    delete parentElement.camera
    camera.leave()
  }
}

class Camera {
  constructor(root) {
    this.parts = Object.fromEntries([...root.querySelectorAll("[id]")].map(part => [part.id, part]))
    this.sheet = document.createElement("canvas")
    this.run = 0
    const { start, pause, mirror, snapshot, camera } = this.parts
    start.onclick = () => (this.media ? this.stop() : this.start())
    pause.onclick = () => this.pause(!this.paused)
    mirror.onclick = () => this.mirror(!this.mirrored)
    snapshot.onclick = () => this.snapshot()
    camera.onchange = () => this.media && this.start()
    this.onPageHide = () => this.leave()
    window.addEventListener("pagehide", this.onPageHide)
    this.mirror(true)
    this.release()
    this.show("Press Start to use the camera. Frames are processed in memory and discarded.")
  }

  async start() {
    this.release()
    this.parts.bars.replaceChildren() // the section of figures is empty until there are new ones
    const { run } = this
    const { camera, video } = this.parts
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
      return this.show(PROBLEMS.insecure, true)
    }
    this.show("Waiting for the camera …")
    const wanted = camera.value ? { deviceId: { exact: camera.value } } : {}
    let media
    try {
      media = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { ...wanted, width: { ideal: FRAME.width }, height: { ideal: FRAME.height } },
      })
      if (run !== this.run) return media.getTracks().forEach(track => track.stop())
      this.media = media
      video.srcObject = media
      await Promise.race([video.play(), silence()])
    } catch (problem) {
      if (run !== this.run) return
      this.release()
      return this.show(PROBLEMS[problem.name] ?? `The camera did not start: ${problem.message}`, true)
    }
    media.getVideoTracks()[0].onended = () => this.stop(PROBLEMS.ended)
    this.show("")
    this.refresh()
    this.listCameras()
    this.loop(run)
  }

  async listCameras() {
    const { camera } = this.parts
    const used = this.media?.getVideoTracks()[0]?.getSettings().deviceId
    const devices = await navigator.mediaDevices.enumerateDevices()
    const inputs = devices.filter(device => device.kind === "videoinput")
    camera.replaceChildren(
      ...inputs.map((device, index) => new Option(device.label || `Camera ${index + 1}`, device.deviceId)),
    )
    if (used) camera.value = used
    camera.disabled = inputs.length < 2
  }

  async loop(run) {
    while (run === this.run) {
      await this.nextFrame()
      if (run !== this.run) return
      if (this.paused || !this.parts.video.videoWidth) continue
      const started = performance.now()
      const frame = this.capture()
      const jpeg = await new Promise(done => frame.toBlob(done, "image/jpeg", 0.8))
      const { faces, error, fatal } = await this.ask(jpeg)
      if (run !== this.run) return
      if (error) {
        if (fatal || ++this.failures > 20) return this.stop(error)
        await new Promise(done => setTimeout(done, 100))
        continue
      }
      this.failures = 0
      if (this.paused) continue
      const now = performance.now()
      this.times = [...this.times.filter(time => now - time < 2000), now]
      for (const { number, emotion, confidence, reliable } of faces) {
        this.moments.push({ at: now, number, emotion, confidence, reliable })
      }
      this.draw(faces)
      this.report(now, faces, now - started)
    }
  }

  nextFrame() {
    return new Promise(done => {
      // A camera that was unplugged presents no more frames, so do not wait for one for ever.
      setTimeout(done, 1000)
      const { video } = this.parts
      if (!video.requestVideoFrameCallback) return requestAnimationFrame(done)
      video.requestVideoFrameCallback((_, { presentedFrames }) => {
        if (!this.paused) this.dropped += Math.max(presentedFrames - this.presented - 1, 0)
        this.presented = presentedFrames
        done()
      })
    })
  }

  // Draws the frame on a second canvas, at the size in which it is sent.
  capture() {
    const { video } = this.parts
    const scale = Math.min(1, FRAME.width / Math.max(video.videoWidth, video.videoHeight))
    this.sheet.width = Math.round(video.videoWidth * scale)
    this.sheet.height = Math.round(video.videoHeight * scale)
    this.sheet.getContext("2d").drawImage(video, 0, 0, this.sheet.width, this.sheet.height)
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
      return { ...reply, fatal: response.status === 403 }
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
    const { overlay } = this.parts
    Object.assign(overlay, { width, height })
    const pen = overlay.getContext("2d")
    if (this.mirrored) pen.setTransform(-1, 0, 0, 1, width, 0)
    pen.drawImage(this.sheet, 0, 0)
    pen.resetTransform()
    pen.font = "600 20px sans-serif"
    pen.textBaseline = "middle"
    for (const face of faces) {
      const { labels, unreliable } = this.data
      const { color, ink, symbol } = face.reliable ? labels[face.emotion] : unreliable
      const [x, y, w, h] = face.box
      const left = this.mirrored ? width - x - w : x
      for (const [lineWidth, strokeStyle] of [[5, ink], [3, color]]) {
        Object.assign(pen, { lineWidth, strokeStyle })
        pen.strokeRect(left, y, w, h)
      }
      const answer = face.reliable
        ? `${symbol} ${face.emotion} ${percent(face.confidence)}`
        : face.unreliable_because
      const text = `${face.number} ${answer}`
      const tag = pen.measureText(text).width + 14
      const tagX = Math.max(0, Math.min(left, width - tag))
      const tagY = y >= 30 ? y - 30 : y
      pen.fillStyle = color
      pen.fillRect(tagX, tagY, tag, 30)
      pen.fillStyle = ink
      pen.fillText(text, tagX + 7, tagY + 16)
    }
  }

  report(now, faces, latencyMs) {
    if (now - (this.reported ?? 0) < 200) return
    this.reported = now
    const { fps, latency, dropped, spoken } = this.parts
    const span = (now - this.times[0]) / 1000
    fps.textContent = (span > 0 ? (this.times.length - 1) / span : 0).toFixed(1)
    latency.textContent = `${Math.round(latencyMs)} ms`
    dropped.textContent = this.dropped
    const area = ({ box: [, , width, height] }) => width * height
    this.drawBars([...faces].sort((a, b) => area(b) - area(a))[0])
    this.drawTimeline(now)
    const verdict = face => face.unreliable_because || face.emotion
    const words = faces.map(face => `face ${face.number}: ${verdict(face)}`).join(", ") || "no face"
    if (now - (this.spokeAt ?? 0) > 3000 && spoken.textContent !== words) {
      spoken.textContent = words
      this.spokeAt = now
    }
  }

  drawBars(largest) {
    this.parts.unreliable.textContent = largest?.reliable === false ? `: ${largest.unreliable_because}` : ""
    const face = largest?.reliable ? largest : undefined
    const rows = Object.entries(this.data.labels).map(([name, { symbol, color }]) => {
      const share = face?.probabilities[name] ?? 0
      const row = document.createElement("li")
      row.className = face?.emotion === name ? "top" : ""
      for (const text of [`${symbol} ${name}`, "", face ? percent(share) : "–"]) {
        row.appendChild(document.createElement("span")).textContent = text
      }
      row.children[1].style = `--share: ${100 * share}%; --color: ${color}`
      return row
    })
    this.parts.bars.replaceChildren(...rows)
  }

  drawTimeline(now) {
    this.moments = this.moments.filter(moment => now - moment.at < MINUTE_MS)
    const people = [...new Set(this.moments.map(moment => moment.number))].sort((a, b) => a - b).slice(-4)
    const { timeline } = this.parts
    const density = window.devicePixelRatio || 1
    const [left, row] = [26, 22]
    const width = timeline.clientWidth - left
    const height = Math.max(people.length, 1) * row
    timeline.style.height = `${height}px`
    timeline.width = (left + width) * density
    timeline.height = height * density
    const pen = timeline.getContext("2d")
    pen.scale(density, density)
    pen.fillStyle = getComputedStyle(timeline).color
    pen.font = "12px sans-serif"
    pen.textBaseline = "middle"
    people.forEach((number, index) => pen.fillText(number, 6, index * row + row / 2))
    const ink = pen.fillStyle
    for (const { at, number, emotion, confidence, reliable } of this.moments) {
      // It lasts for a second, or until the person's next moment, which is drawn over it.
      const x = left + width * (1 - (now - at) / MINUTE_MS)
      const lasted = (width * Math.min(now - at, 1000)) / MINUTE_MS
      const bar = [x, people.indexOf(number) * row + 2, Math.max(lasted, 1), row - 4]
      pen.clearRect(...bar)
      if (!reliable) [bar[1], bar[3]] = [bar[1] + bar[3] / 2 - 1, 2] // a thin line, without an emotion
      pen.globalAlpha = reliable ? 0.35 + 0.65 * confidence : 0.5
      pen.fillStyle = reliable ? this.data.labels[emotion].color : ink
      pen.fillRect(...bar)
    }
  }

  pause(paused) {
    this.paused = paused
    if (paused) this.parts.video.pause()
    else this.parts.video.play()
    this.refresh()
  }

  mirror(mirrored) {
    const { mirror, overlay, video } = this.parts
    this.mirrored = mirrored
    video.classList.toggle("mirrored", mirrored)
    mirror.setAttribute("aria-pressed", mirrored)
    overlay.width = 0 // clears it
  }

  snapshot() {
    const picture = this.capture().toDataURL("image/jpeg", 0.92)
    this.release()
    this.trigger("snapshot", picture)
  }

  stop(problem) {
    this.release()
    this.show(problem ?? "Stopped. Press Start for a new session.", Boolean(problem))
    this.trigger("stopped", true)
  }

  leave() {
    window.removeEventListener("pagehide", this.onPageHide)
    this.release()
    if (this.data) fetch(this.address(), { method: "DELETE", keepalive: true }).catch(() => {})
  }

  // Ends what runs, and makes ready for the next start.
  release() {
    this.media?.getTracks().forEach(track => ((track.onended = null), track.stop()))
    this.parts.video.srcObject = null
    Object.assign(this, { run: this.run + 1, media: null, paused: false, failures: 0 })
    Object.assign(this, { times: [], moments: [], dropped: 0, presented: Infinity })
    this.parts.overlay.width = 0
    this.refresh()
  }

  refresh() {
    const { start, pause, snapshot, stage } = this.parts
    const on = Boolean(this.media)
    start.textContent = on ? "Stop" : "Start"
    start.classList.toggle("primary", !on)
    pause.textContent = this.paused ? "Resume" : "Pause"
    pause.disabled = snapshot.disabled = !on
    stage.dataset.state = on ? (this.paused ? "paused" : "running") : "off"
  }

  show(text, isProblem = false) {
    const { message } = this.parts
    message.textContent = text
    message.hidden = !text
    message.classList.toggle("problem", isProblem)
  }
}

// A share of 0 to 1 in whole percent, as `fer.wording.percent` writes it: only all is 100 % and only
// nothing is 0 %.
function percent(share) {
  if (share > 0 && share < 0.01) return "<1 %"
  return share > 0.99 && share < 1 ? ">99 %" : `${Math.round(100 * share)} %`
}

// A camera that another program holds may open, yet never show a frame.
function silence() {
  return new Promise((_, fail) => setTimeout(fail, 15_000, { name: "NotReadableError" }))
}
