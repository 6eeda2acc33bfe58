/** Pixels row by row: RGBA, whose fourth value nobody reads, or grey. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 4
  /** 0–255. What is written is rounded as OpenCV does: halves to the even number. */
  readonly data: Uint8ClampedArray
}

export function blank(width: number, height: number, channels: 1 | 4): Image {
  return { width, height, channels, data: new Uint8ClampedArray(width * height * channels) }
}

export function fromRgba(rgba: { width: number; height: number; data: Uint8ClampedArray }): Image {
  return { width: rgba.width, height: rgba.height, channels: 4, data: rgba.data }
}

/** A part of an image, which lies within it. */
export function cut(image: Image, x: number, y: number, width: number, height: number): Image {
  if (x === 0 && y === 0 && width === image.width && height === image.height) return image
  const { channels } = image
  const part = blank(width, height, channels)
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * image.width + x) * channels
    part.data.set(image.data.subarray(start, start + width * channels), row * width * channels)
  }
  return part
}

/** ITU-R BT.601 luma in OpenCV's whole numbers. */
export function toGrey(image: Image): Image {
  if (image.channels === 1) return image
  const grey = blank(image.width, image.height, 1)
  const { data } = image
  for (let at = 0, from = 0; at < grey.data.length; at++, from += 4) {
    grey.data[at] = (data[from]! * 9798 + data[from + 1]! * 19235 + data[from + 2]! * 3735 + 16384) >> 15
  }
  return grey
}

/** To the nearest whole number, halves to the even one, as Python's `round`. */
export function roundEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
