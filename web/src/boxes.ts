// The photo or frame with boxes and verdicts, on the canvas.

import { topOf, type Answer } from "./pipeline/answer"
import type { Settings } from "./pipeline/settings"

const TAG_PX = 30
/** Of more faces than this, tags would cover one another: they show the number and the symbol. */
const MOST_TAGS = 6

type Box = Answer["box"]

export function draw(
  canvas: HTMLCanvasElement, picture: CanvasImageSource, size: { width: number; height: number },
  answers: readonly Answer[], settings: Settings, options: { scale: number; mirrored: boolean },
): void {
  const { width, height } = size
  canvas.width = width
  canvas.height = height
  const { scale, mirrored } = options
  const pen = canvas.getContext("2d")!
  if (mirrored) pen.setTransform(-1, 0, 0, 1, width, 0)
  pen.drawImage(picture, 0, 0, width, height)
  pen.resetTransform()
  const unit = Math.max(width, height) / 640 // sizes as on a frame of the camera
  pen.font = `600 ${20 * unit}px sans-serif`
  pen.textBaseline = "middle"
  const shown = answers.map(answer => {
    const [x, y, w, h] = answer.box.map(value => value * scale) as unknown as Box
    return { answer, box: [mirrored ? width - x - w : x, y, w, h] as Box }
  })
  for (const { answer, box } of shown) {
    const { color, ink, words } = described(answer, settings, answers.length > MOST_TAGS)
    for (const [lineWidth, strokeStyle] of [[5 * unit, ink], [3 * unit, color]] as const) {
      Object.assign(pen, { lineWidth, strokeStyle })
      pen.strokeRect(...box)
    }
    const tag = TAG_PX * unit
    const long = pen.measureText(words).width + 14 * unit
    const left = Math.max(0, Math.min(box[0], width - long))
    const top = tagTop(box, [left, left + long], shown.map(one => one.box), height, tag)
    pen.fillStyle = color
    pen.fillRect(left, top, long, tag)
    pen.fillStyle = ink
    pen.fillText(words, left + 7 * unit, top + tag / 2 + 1)
  }
}

function described(answer: Answer, settings: Settings, isShort: boolean): { color: string; ink: string; words: string } {
  const at = topOf(answer.probabilities)
  const { label, symbol, ...colors } = settings.emotions[at]!
  const { number, unreliableBecause } = answer
  if (unreliableBecause) return { ...settings.unreliable, words: isShort ? `${number} ?` : `${number} ${unreliableBecause}` }
  const verdict = isShort ? symbol : `${symbol} ${label} ${percent(answer.probabilities[at]!)}`
  return { ...colors, words: `${number} ${verdict}` }
}

// Where the tag of a face starts: above its box, below it, or else over its chin, but never over
// eyes, its own or another face's, if that can be.
function tagTop(
  [, y, , h]: Box, [from, to]: readonly [number, number], boxes: readonly Box[], height: number, tag: number,
): number {
  const isFree = (top: number): boolean =>
    top >= 0 &&
    top + tag <= height &&
    boxes.every(([x, upper, w, high]) => to <= x || from >= x + w || top + tag <= upper || top >= upper + high / 2)
  const bottom = Math.min(y + h, height) - tag
  return [y - tag, y + h, bottom].find(isFree) ?? Math.max(bottom, 0)
}

/** A share of 0 to 1 in whole percent: only all is 100% and only nothing is 0%. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return "<1%"
  return share > 0.99 && share < 1 ? ">99%" : `${Math.round(100 * share)}%`
}
