// OpenCV's INTER_AREA and INTER_LINEAR. Both go over columns first and rows afterwards.

import { blank, roundEven, type Image } from "./image"

/** For each new column or row, where its sources begin, and their weights. */
interface Weights {
  readonly first: Int32Array
  readonly count: Int32Array
  readonly most: number
  /** `most` weights for each. */
  readonly values: Float32Array
}

/** The image with its longer side brought to a length (`fer.faces.face.resized`). */
export function resized(image: Image, longerPx: number): Image {
  const scale = longerPx / Math.max(image.width, image.height)
  const width = Math.max(roundEven(image.width * scale), 1)
  const height = Math.max(roundEven(image.height * scale), 1)
  return scale < 1 ? resizeArea(image, width, height) : resizeLinear(image, width, height)
}

/** Area averaging; neither side may grow. */
export function resizeArea(image: Image, width: number, height: number): Image {
  if (width === image.width && height === image.height) return image
  if (image.width === 2 * width && image.height === 2 * height) return halved(image)
  return weighted(image, areaWeights(image.width, width), areaWeights(image.height, height))
}

export function resizeLinear(image: Image, width: number, height: number): Image {
  if (width === image.width && height === image.height) return image
  return weighted(image, linearWeights(image.width, width), linearWeights(image.height, height))
}

function halved(image: Image): Image {
  const { channels, data } = image
  const small = blank(image.width / 2, image.height / 2, channels)
  const below = image.width * channels
  let to = 0
  for (let y = 0; y < small.height; y++) {
    let from = 2 * y * below
    for (let x = 0; x < small.width; x++, from += channels) {
      for (let channel = 0; channel < channels; channel++, from++) {
        const above = data[from]! + data[from + channels]!
        small.data[to++] = (above + data[from + below]! + data[from + below + channels]! + 2) >> 2
      }
    }
  }
  return small
}

function areaWeights(before: number, after: number): Weights {
  const scale = before / after
  const most = Math.ceil(scale) + 1
  const made = empty(after, most)
  for (let at = 0; at < after; at++) {
    const start = at * scale
    const stop = start + scale
    const covered = Math.min(scale, before - start)
    let last = Math.min(Math.floor(stop), before - 1)
    const whole = Math.min(Math.ceil(start), last)
    const pieces: number[] = []
    made.first[at] = whole
    if (whole - start > 1e-3) {
      made.first[at] = whole - 1
      pieces.push((whole - start) / covered)
    }
    for (let from = whole; from < last; from++) pieces.push(1 / covered)
    if (stop - last > 1e-3) pieces.push(Math.min(stop - last, 1, covered) / covered)
    fill(made, at, pieces)
  }
  return made
}

function linearWeights(before: number, after: number): Weights {
  const scale = before / after
  const made = empty(after, 2)
  for (let at = 0; at < after; at++) {
    const place = Math.min(Math.max((at + 0.5) * scale - 0.5, 0), before - 1)
    const first = Math.floor(place)
    made.first[at] = first
    fill(made, at, place > first ? [1 - (place - first), place - first] : [1])
  }
  return made
}

function empty(length: number, most: number): Weights {
  return {
    first: new Int32Array(length),
    count: new Int32Array(length),
    most,
    values: new Float32Array(length * most),
  }
}

function fill(weights: Weights, at: number, values: readonly number[]): void {
  weights.count[at] = values.length
  weights.values.set(values, at * weights.most)
}

function weighted(image: Image, columns: Weights, rows: Weights): Image {
  const { channels, data } = image
  const width = columns.first.length
  const made = blank(width, rows.first.length, channels)
  const length = width * channels
  // A source row narrowed or widened, for as many rows as one new row needs.
  const ready = Array.from({ length: rows.most }, () => new Float32Array(length))
  const held = new Int32Array(rows.most).fill(-1)
  const sum = new Float32Array(length)
  for (let y = 0; y < made.height; y++) {
    sum.fill(0)
    for (let k = 0; k < rows.count[y]!; k++) {
      const source = rows.first[y]! + k
      const slot = source % rows.most
      const row = ready[slot]!
      if (held[slot] !== source) {
        narrowRow(data, source * image.width * channels, channels, columns, row)
        held[slot] = source
      }
      const weight = rows.values[y * rows.most + k]!
      for (let at = 0; at < length; at++) sum[at]! += weight * row[at]!
    }
    made.data.set(sum, y * length)
  }
  return made
}

function narrowRow(
  data: Uint8ClampedArray, start: number, channels: number, columns: Weights, row: Float32Array,
): void {
  const { first, count, most, values } = columns
  for (let x = 0; x < first.length; x++) {
    const to = x * channels
    const from = start + first[x]! * channels
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0
      for (let k = 0, at = from + channel; k < count[x]!; k++, at += channels) {
        sum += values[x * most + k]! * data[at]!
      }
      row[to + channel] = sum
    }
  }
}
