// Whether a face is good enough for a reliable answer (`fer.faces.quality`).

import type { Box } from "./faces"
import { cut, toGrey, type Image } from "./image"
import { resizeArea } from "./resize"
import type { Quality } from "./settings"

/** Why there is no reliable answer; "" where there is one. */
export function unreliableBecause(photo: Image, box: Box, settings: Quality): string {
  if (Math.min(box[2], box[3]) < settings.min_side_px) return settings.too_small
  return sharpness(photo, box, settings.measured_px) < settings.min_sharpness ? settings.too_blurred : ""
}

/** Energy of the Laplacian over that of the grey values. */
export function sharpness(photo: Image, box: Box, measuredPx: number): number {
  let grey = toGrey(cut(photo, ...box))
  if (Math.min(box[2], box[3]) > measuredPx) grey = resizeArea(grey, measuredPx, measuredPx)
  const { width, height, data } = grey
  const at = (x: number, y: number): number => data[mirrored(y, height) * width + mirrored(x, width)]!
  const edges = new Float32Array(width * height)
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      edges[to] = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * data[to]!
    }
  }
  return variance(edges) / Math.max(variance(data), 1)
}

/** OpenCV's border: the pixel beside the outermost one is repeated beyond it. */
function mirrored(at: number, length: number): number {
  if (length === 1) return 0
  return at < 0 ? -at : at >= length ? 2 * length - 2 - at : at
}

function variance(values: ArrayLike<number>): number {
  let sum = 0
  let squares = 0
  for (let at = 0; at < values.length; at++) {
    sum += values[at]!
    squares += values[at]! ** 2
  }
  const mean = sum / values.length
  return squares / values.length - mean ** 2
}
