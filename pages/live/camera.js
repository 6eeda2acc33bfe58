// The camera of the Live page: it sends frames to the app's own route, one at a time, and draws the
// answers over the video.

const MINUTE_MS = 60_000
const ANSWER_WITHIN_MS = 20_000 // a server that has just started may import for long
const FRAME = { width: 640, height: 480 }
const TAG_PX = 30
const PEOPLE_IN_TIMELINE = 4
const ROW_PX = 22
const WAITING = "Press Start to use the camera. Frames are processed in memory and discarded."
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
  const camera = (parentElement.camera ??= new Camera(parentElement, data))
  Object.assign(camera, { data, trigger: setTriggerValue })
  return () => {
    delete parentElement.camera
    camera.leave()
  }
}

class Camera {
  constructor(root, data) {
    this.data = data
    this.parts = Object.fromEntries([...root.querySelectorAll("[id]")].map(part => [part.id, part]))
    this.sheet = document.createElement("canvas")
    this.run = 0
    const { start, pause, mirror, snapshot, full, live, camera } = this.parts
    start.onclick = () => (this.media ? this.stop() : this.start())
    pause.onclick = () => this.pause(!this.paused)
    mirror.onclick = () => this.mirror(!this.mirrored)
    snapshot.onclick = () => this.snapshot()
    full.onclick = () => (this.isFull() ? document.exitFullscreen() : live.requestFullscreen())
    full.hidden = !document.fullscreenEnabled
    live.onfullscreenchange = () => {
      full.setAttribute("aria-pressed", this.isFull())
      full.textContent = this.isFull() ? "Leave full screen" : "Full screen"
    }
    camera.hidden = true
    camera.onchange = () => this.media && this.start()
    this.onPageHide = () => this.leave()
    window.addEventListener("pagehide", this.onPageHide)
    this.mirror(true)
    this.release()
    this.show(WAITING)
  }

  isFull() {
    return this.parts.live.matches(":fullscreen")
  }

  async start() {
    this.release()
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
    this.drawLargest(undefined, 0)
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
    camera.hidden = inputs.length < 2
  }

  async loop(run) {
    while (run === this.run) {
      await this.nextFrame()
      if (run !== this.run) return
      const { token } = this.data
      // After a stop, the server's next session has another token.
      if (this.paused || !this.parts.video.videoWidth || token === this.spent) continue
      if (token !== this.began) {
        this.began = token
        this.parts.names.textContent = this.data.names
        this.trigger("started", true)
      }
      const started = performance.now()
      const frame = this.capture()
      const jpeg = await new Promise(done => frame.toBlob(done, "image/jpeg", 0.8))
      if (run !== this.run) return
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
      this.frames.push({ at: now, faces })
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
      video.requestVideoFrameCallback(done)
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
        signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
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
    const shown = faces.map(face => {
      const [x, y, w, h] = face.box
      return { ...face, box: [this.mirrored ? width - x - w : x, y, w, h] }
    })
    for (const face of shown) this.drawFace(pen, face, shown)
  }

  drawFace(pen, face, faces) {
    const { width, height } = this.sheet
    const { color, ink, symbol } = this.colors(face)
    for (const [lineWidth, strokeStyle] of [[5, ink], [3, color]]) {
      Object.assign(pen, { lineWidth, strokeStyle })
      pen.strokeRect(...face.box)
    }
    const answer = face.reliable
      ? `${symbol} ${face.emotion} ${percent(face.confidence)}`
      : face.unreliable_because
    const text = `${face.number} ${answer}`
    const long = pen.measureText(text).width + 14
    const left = Math.max(0, Math.min(face.box[0], width - long))
    const top = tagTop(face.box, [left, left + long], faces, height)
    pen.fillStyle = color
    pen.fillRect(left, top, long, TAG_PX)
    pen.fillStyle = ink
    pen.fillText(text, left + 7, top + TAG_PX / 2 + 1)
  }

  colors({ reliable, emotion }) {
    return reliable ? this.data.labels[emotion] : this.data.unreliable
  }

  report(now, faces, latencyMs) {
    if (now - (this.reported ?? 0) < 200) return
    this.reported = now
    this.frames = this.frames.filter(({ at }) => now - at < MINUTE_MS)
    const { fps, latency, spoken } = this.parts
    fps.textContent = this.rate(now)
    latency.textContent = `${Math.round(latencyMs)} ms`
    const area = ({ box: [, , width, height] }) => width * height
    this.drawLargest([...faces].sort((a, b) => area(b) - area(a))[0], faces.length)
    if (now - (this.drawnAt ?? 0) >= 1000) this.drawTimeline(now)
    const verdict = face => face.unreliable_because || face.emotion
    const words = faces.map(face => `face ${face.number}: ${verdict(face)}`).join(", ") || "no face"
    if (now - (this.spokeAt ?? 0) > 3000 && spoken.textContent !== words) {
      spoken.textContent = words
      this.spokeAt = now
    }
  }

  // Frames a second, of the last two seconds, or of the last three frames if they are slower.
  rate(now) {
    const times = this.frames.filter(({ faces }) => faces).map(({ at }) => at)
    const recent = times.filter((at, index) => now - at < 2000 || index >= times.length - 3)
    const span = recent.at(-1) - recent[0]
    return span > 0 ? ((1000 * (recent.length - 1)) / span).toFixed(1) : "–"
  }

  drawLargest(face, count) {
    const { who, emotion, confidence } = this.parts
    who.textContent = count > 1 ? `Largest of ${count} faces: face ${face.number}` : "Largest face"
    emotion.style.setProperty("--color", face ? this.colors(face).color : "var(--st-border-color)")
    if (face?.reliable) {
      emotion.textContent = `${this.data.labels[face.emotion].symbol} ${face.emotion}`
      confidence.textContent = `${percent(face.confidence)} confidence`
    } else if (face) {
      emotion.textContent = "🔍 not sure"
      confidence.textContent = `The face is ${face.unreliable_because}`
    } else {
      emotion.textContent = "–"
      confidence.textContent = this.media ? "No face in view" : "The camera is off"
    }
    this.drawBars(face)
  }

  drawBars(largest) {
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
    this.drawnAt = now
    const seen = new Set(this.frames.flatMap(({ faces }) => faces ?? []).map(({ number }) => number))
    const people = [...seen].sort((a, b) => a - b).slice(-PEOPLE_IN_TIMELINE)
    const { timeline } = this.parts
    const density = window.devicePixelRatio || 1
    const left = 26
    const width = timeline.clientWidth - left
    timeline.width = (left + width) * density
    timeline.height = PEOPLE_IN_TIMELINE * ROW_PX * density
    const pen = timeline.getContext("2d")
    pen.scale(density, density)
    const ink = getComputedStyle(timeline).color
    Object.assign(pen, { fillStyle: ink, font: "12px sans-serif", textBaseline: "middle" })
    people.forEach((number, row) => pen.fillText(number, 6, row * ROW_PX + ROW_PX / 2))
    const place = at => left + width * (1 - (now - at) / MINUTE_MS)
    this.frames.forEach(({ at, faces }, index) => {
      const x = place(at)
      const lasted = place(this.frames[index + 1]?.at ?? now) - x // until the next frame
      for (const face of faces ?? []) {
        const row = people.indexOf(face.number)
        if (row < 0) continue
        // An unreliable answer is a thin line, without an emotion.
        const [from, size] = face.reliable ? [2, ROW_PX - 4] : [ROW_PX / 2 - 1, 2]
        pen.globalAlpha = face.reliable ? 0.35 + 0.65 * face.confidence : 0.5
        pen.fillStyle = face.reliable ? this.colors(face).color : ink
        pen.fillRect(x, row * ROW_PX + from, Math.max(lasted, 1), size)
      }
    })
  }

  pause(paused) {
    this.paused = paused
    if (paused) {
      this.parts.video.pause()
      this.frames.push({ at: performance.now(), faces: null }) // nothing is known from here on
    } else this.parts.video.play()
    this.refresh()
  }

  mirror(mirrored) {
    const { mirror, overlay, video } = this.parts
    this.mirrored = mirrored
    video.classList.toggle("mirrored", mirrored)
    mirror.setAttribute("aria-pressed", mirrored)
    overlay.width = 0 // clears it
  }

  // The frame as the camera saw it; the camera goes on.
  snapshot() {
    const { snapshot } = this.parts
    this.trigger("snapshot", this.capture().toDataURL("image/jpeg", 0.92))
    snapshot.textContent = "Snapshot taken"
    setTimeout(() => (snapshot.textContent = "Snapshot"), 2000)
  }

  stop(problem) {
    this.spent = this.data.token
    this.release()
    this.show(problem ?? "Stopped. Press Start for a new session.", Boolean(problem))
    this.trigger("stopped", true)
  }

  leave() {
    window.removeEventListener("pagehide", this.onPageHide)
    this.release()
    fetch(this.address(), { method: "DELETE", keepalive: true }).catch(() => {})
  }

  // Ends what runs, and makes ready for the next start.
  release() {
    this.media?.getTracks().forEach(track => ((track.onended = null), track.stop()))
    this.parts.video.srcObject = null
    this.stopping?.abort() // the answer to a frame that is on its way
    Object.assign(this, { run: this.run + 1, media: null, paused: false, failures: 0, frames: [] })
    this.stopping = new AbortController()
    this.parts.overlay.width = 0
    this.refresh()
    this.parts.spoken.textContent = ""
    for (const figure of ["fps", "latency"]) this.parts[figure].textContent = "–"
    this.drawLargest(undefined, 0)
    this.drawTimeline(performance.now())
  }

  refresh() {
    const { start, pause, snapshot, stage, speed } = this.parts
    const on = Boolean(this.media)
    speed.hidden = !on
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

// Where the tag of a face starts: above its box, below it, or else over its chin, but never over
// eyes, its own or another face's, if that can be.
function tagTop([, y, , h], [from, to], faces, height) {
  const isFree = top =>
    top >= 0 &&
    top + TAG_PX <= height &&
    faces.every(({ box: [x, upper, w, high] }) =>
      to <= x || from >= x + w || top + TAG_PX <= upper || top >= upper + high / 2)
  const bottom = Math.min(y + h, height) - TAG_PX
  return [y - TAG_PX, y + h, bottom].find(isFree) ?? Math.max(bottom, 0)
}

// A share of 0 to 1 in whole percent, as `fer.wording.percent` writes it: only all is 100% and only
// nothing is 0%.
function percent(share) {
  if (share > 0 && share < 0.01) return "<1%"
  return share > 0.99 && share < 1 ? ">99%" : `${Math.round(100 * share)}%`
}

// A camera that another program holds may open, yet never show a frame.
function silence() {
  return new Promise((_, fail) => setTimeout(fail, 15_000, { name: "NotReadableError" }))
}
