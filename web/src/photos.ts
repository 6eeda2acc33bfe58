// Photos: chosen, dropped or pasted.

import { draw } from "./boxes"
import type { Camera } from "./camera"
import type { Client } from "./client"
import { Problem } from "./export"
import { describe, showFace } from "./figures"
import { show } from "./message"
import type { Answers } from "./messages"
import { part } from "./parts"
import type { Settings } from "./pipeline/settings"

export class Photos {
  private latest = 0

  constructor(
    private readonly client: Client,
    private readonly settings: Settings,
    private readonly camera: Camera,
  ) {
    const input = part<HTMLInputElement>("file")
    input.onchange = () => {
      const [file] = input.files ?? []
      input.value = "" // so that the same photo can be chosen again
      if (file) void this.answer(file)
    }
    const stage = part("stage")
    stage.ondragover = event => (event.preventDefault(), stage.classList.add("dropping"))
    stage.ondragleave = () => stage.classList.remove("dropping")
    stage.ondrop = event => {
      event.preventDefault()
      stage.classList.remove("dropping")
      const [file] = event.dataTransfer?.files ?? []
      if (file) void this.answer(file)
    }
    document.addEventListener("paste", event => {
      const [file] = event.clipboardData?.files ?? []
      if (file) void this.answer(file)
    })
  }

  private async answer(file: File): Promise<void> {
    const number = ++this.latest
    this.camera.stop("Looking at the photo …")
    try {
      await checkSize(file, this.settings.photos)
      const answers = await this.client.photo(file)
      if (number === this.latest) this.show(answers)
    } catch (problem) {
      if (number !== this.latest) return
      show(problem instanceof Problem ? problem.message : `The photo cannot be used: ${String(problem)}`, true)
    }
  }

  private show({ answers, width, picture }: Answers): void {
    const size = { width: picture!.width, height: picture!.height }
    const [overlay, faces] = [part<HTMLCanvasElement>("overlay"), part<HTMLSelectElement>("face")]
    draw(overlay, picture!, size, answers, this.settings, { scale: size.width / width, mirrored: false })
    const words = answers.map(answer => describe(answer, this.settings)).join(", ")
    overlay.setAttribute("aria-label", words ? `The photo, with boxes: ${words}` : "The photo, in which no face was found")
    faces.replaceChildren(...answers.map((answer, at) => new Option(describe(answer, this.settings), String(at))))
    faces.hidden = answers.length < 2
    faces.onchange = () => showFace(answers[Number(faces.value)], this.settings, "")
    part("who").textContent = answers.length > 1 ? `${answers.length} faces, the largest first` : "Largest face"
    showFace(answers[0], this.settings, "No face was found")
    part("spoken").textContent = words || "No face was found"
    show("")
  }
}

/** Refuse what is too large before all of it is decoded. */
async function checkSize(file: File, limits: Settings["photos"]): Promise<void> {
  if (file.size > limits.max_bytes) {
    throw new Problem(`The photo has ${inMillions(file.size)} MB; at most ${inMillions(limits.max_bytes)} can be used. Scale it down.`)
  }
  const image = new Image()
  image.src = URL.createObjectURL(file)
  try {
    // Browsers read the head now, and the pixels once they are shown.
    await new Promise((done, fail) => Object.assign(image, { onload: done, onerror: fail }))
  } catch {
    throw new Problem("This file is no photo that this browser can read. Choose a JPEG or PNG file.")
  } finally {
    URL.revokeObjectURL(image.src)
  }
  const pixels = image.naturalWidth * image.naturalHeight
  if (pixels > limits.max_pixels) {
    throw new Problem(
      `The photo has ${inMillions(pixels)} megapixels; at most ${inMillions(limits.max_pixels)} can be used. Scale it down.`,
    )
  }
}

function inMillions(count: number): string {
  return Math.round(count / 1e6).toString()
}
