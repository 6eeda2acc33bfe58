// From a face on a photo to an upright crop, as `fer.faces.alignment` does it.

import { blank, cut, roundEven, type Image } from "./image"
import { resizeArea } from "./resize"
import type { Point } from "./faces"
import type { Framing } from "./settings"

/** x' = a·x + b·y + c, y' = d·x + e·y + f; in pixels, from each image's corner. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** Cut a face out of a photo, turned so that its eyes are level. */
export function frameFace(
  photo: Image, landmarks: readonly Point[], framing: Framing, width: number, height: number,
): Image {
  let matrix = photoToCrop(landmarks, framing, width, height)
  let region: Image
  ;[region, matrix] = regionOf(photo, matrix, width, height)
  ;[region, matrix] = shrunk(region, matrix)
  // Bilinear sampling skips pixels where it shrinks: so grow here and average afterwards.
  const more = scaleOf(matrix) < 1 ? 2 : 1
  const crop = warped(region, matrix.map(value => value * more) as unknown as Affine, width * more, height * more)
  return resizeArea(crop, width, height)
}

/** Turn, scale and shift from photo to crop. */
export function photoToCrop(
  landmarks: readonly Point[], framing: Framing, width: number, height: number,
): Affine {
  const [leftEye, rightEye, , leftMouth, rightMouth] = landmarks as [Point, Point, Point, Point, Point]
  const eyes = [(leftEye[0] + rightEye[0]) / 2, (leftEye[1] + rightEye[1]) / 2] as const
  const mouth = [(leftMouth[0] + rightMouth[0]) / 2, (leftMouth[1] + rightMouth[1]) / 2] as const
  const across = [rightEye[0] - leftEye[0], rightEye[1] - leftEye[1]] as const
  const spanPx = Math.max(Math.hypot(...across), Math.hypot(mouth[0] - eyes[0], mouth[1] - eyes[1]), 1)
  const side = Math.min(height, width)
  const scale = (framing.span * side) / spanPx
  const angle = Math.atan2(across[1], across[0])
  const cos = scale * Math.cos(angle)
  const sin = scale * Math.sin(angle)
  const x = width / 2 + (framing.eyes_x - 0.5) * side
  const y = height / 2 + (framing.eyes_y - 0.5) * side
  return [cos, sin, x - cos * eyes[0] - sin * eyes[1], -sin, cos, y + sin * eyes[0] - cos * eyes[1]]
}

export function inverse([a, b, c, d, e, f]: Affine): Affine {
  const determinant = a * e - b * d
  const [ia, ib, id, ie] = [e / determinant, -b / determinant, -d / determinant, a / determinant]
  return [ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)]
}

export function moved([x, y]: Point, [a, b, c, d, e, f]: Affine): Point {
  return [a * x + b * y + c, d * x + e * y + f]
}

function scaleOf([a, b, , d, e]: Affine): number {
  return Math.sqrt(a * e - b * d)
}

/** The matrix for photos whose corner is shifted by (x, y) and whose pixels are so much larger. */
function behind([a, b, c, d, e, f]: Affine, x: number, y: number, sx = 1, sy = 1): Affine {
  return [a * sx, b * sy, a * x + b * y + c, d * sx, e * sy, d * x + e * y + f]
}

/** The part of the photo that the crop shows, and the matrix from there to the crop. */
function regionOf(photo: Image, matrix: Affine, width: number, height: number): [Image, Affine] {
  const back = inverse(matrix)
  const corners = [[0, 0], [width, 0], [0, height], [width, height]] as const
  const inPhoto = corners.map(corner => moved(corner, back))
  const margin = Math.ceil(1 / scaleOf(matrix)) // so that averages at the crop's edge are complete
  const range = (axis: 0 | 1, last: number): [number, number] => {
    const places = inPhoto.map(place => place[axis])
    const start = clamp(Math.floor(Math.min(...places)) - margin, 0, last)
    return [start, clamp(Math.ceil(Math.max(...places)) + margin, start + 1, last + 1)]
  }
  const [left, right] = range(0, photo.width - 1)
  const [top, bottom] = range(1, photo.height - 1)
  return [cut(photo, left, top, right - left, bottom - top), behind(matrix, left, top)]
}

/** The region at no more than twice the crop's resolution, and the matrix from there. */
function shrunk(region: Image, matrix: Affine): [Image, Affine] {
  const factor = 2 * scaleOf(matrix)
  if (factor >= 1) return [region, matrix]
  const width = Math.max(roundEven(region.width * factor), 1)
  const height = Math.max(roundEven(region.height * factor), 1)
  const small = resizeArea(region, width, height)
  return [small, behind(matrix, 0, 0, region.width / width, region.height / height)]
}

/** Bilinear; the outermost pixels are repeated beyond the edge. */
function warped(image: Image, matrix: Affine, width: number, height: number): Image {
  const { data, channels } = image
  const made = blank(width, height, channels)
  const [a, b, c, d, e, f] = inverse(matrix)
  const [lastX, lastY] = [image.width - 1, image.height - 1]
  const rowLength = image.width * channels
  let to = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      // From the middle of a pixel to the middle of another.
      const sourceX = clamp(a * (x + 0.5) + b * (y + 0.5) + c - 0.5, 0, lastX)
      const sourceY = clamp(d * (x + 0.5) + e * (y + 0.5) + f - 0.5, 0, lastY)
      const left = Math.floor(sourceX)
      const top = Math.floor(sourceY)
      const across = sourceX - left
      const down = sourceY - top
      const upper = top * rowLength + left * channels
      const right = left < lastX ? channels : 0
      const lower = upper + (top < lastY ? rowLength : 0)
      for (let channel = 0; channel < channels; channel++) {
        const above = data[upper + channel]! * (1 - across) + data[upper + right + channel]! * across
        const below = data[lower + channel]! * (1 - across) + data[lower + right + channel]! * across
        made.data[to + channel] = above * (1 - down) + below * down
      }
    }
  }
  return made
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}
