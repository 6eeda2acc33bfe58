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

/** Bilinear, in the whole numbers that OpenCV counts in: weights in parts of 2048. */
export function resizeLinear(image: Image, width: number, height: number): Image {
  if (width === image.width && height === image.height) return image
  const { channels, data } = image
  const made = blank(width, height, channels)
  const [columns, rows] = [places(image.width, width), places(image.height, height)]
  const widened = new Map<number, Int32Array>()
  const widenedRow = (y: number): Int32Array => {
    const source = Math.min(Math.max(y, 0), image.height - 1)
    let row = widened.get(source)
    if (!row) {
      widened.delete(source - 2) // of no use below
      widened.set(source, (row = widenRow(data, source * image.width * channels, channels, columns, image.width - 1)))
    }
    return row
  }
  for (let y = 0, to = 0; y < height; y++) {
    const [above, below] = [widenedRow(rows.first[y]!), widenedRow(rows.first[y]! + 1)]
    const lower = rows.second[y]!
    const upper = rows.whole[y]!
    for (let at = 0; at < above.length; at++, to++) {
      made.data[to] = (((upper * (above[at]! >> 4)) >> 16) + ((lower * (below[at]! >> 4)) >> 16) + 2) >> 2
    }
  }
  return made
}

/** For each new column or row: the source before it, and the weights of that and of the next. */
interface Places {
  readonly first: Int32Array
  readonly whole: Int32Array
  readonly second: Int32Array
}

function places(before: number, after: number): Places {
  const made = { first: new Int32Array(after), whole: new Int32Array(after), second: new Int32Array(after) }
  for (let at = 0; at < after; at++) {
    const place = Math.fround((at + 0.5) * (before / after) - 0.5)
    const first = Math.floor(place)
    const rest = Math.fround(place - first)
    made.first[at] = first
    made.whole[at] = roundEven(Math.fround(1 - rest) * LINEAR_PARTS)
    made.second[at] = roundEven(rest * LINEAR_PARTS)
  }
  return made
}

const LINEAR_PARTS = 2048

function widenRow(
  data: Uint8ClampedArray, start: number, channels: number, { first, whole, second }: Places, last: number,
): Int32Array {
  const row = new Int32Array(first.length * channels)
  for (let x = 0, to = 0; x < first.length; x++) {
    const left = Math.min(Math.max(first[x]!, 0), last)
    const right = Math.min(Math.max(first[x]! + 1, 0), last)
    for (let channel = 0; channel < channels; channel++, to++) {
      row[to] = data[start + left * channels + channel]! * whole[x]! + data[start + right * channels + channel]! * second[x]!
    }
  }
  return row
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
