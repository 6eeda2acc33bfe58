// A photo file as pixels, upright.

import { Problem } from "./export"
import { fromRgba, type Image } from "./pipeline/image"
import type { Settings } from "./pipeline/settings"

/** What canvases hold on every phone; larger photos are scaled down to it. */
const CANVAS_PIXELS = 16_777_216
const SHOWN_PX = 1280

export interface Decoded {
  readonly image: Image
  readonly picture: ImageBitmap
}

export async function decoded(file: Blob, limits: Settings["photos"]): Promise<Decoded> {
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file, {
      imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none",
    })
  } catch {
    throw new Problem("This file is no photo that this browser can read. Choose a JPEG or PNG file.")
  }
  const { width, height } = bitmap
  if (Math.min(width, height) < limits.min_side_px) {
    throw new Problem(`The photo has ${width}×${height} pixels; a face needs at least ${limits.min_side_px} on the shorter side.`)
  }
  const canvas = drawn(bitmap, Math.min(1, Math.sqrt(CANVAS_PIXELS / (width * height))))
  const shown = drawn(bitmap, Math.min(1, SHOWN_PX / Math.max(width, height)))
  bitmap.close()
  const image = fromRgba(canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height))
  return { image, picture: shown.transferToImageBitmap() }
}

/** On white, as far as it is transparent. */
function drawn(bitmap: ImageBitmap, scale: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale))
  const pen = canvas.getContext("2d", { willReadFrequently: true })!
  pen.imageSmoothingQuality = "high"
  pen.fillStyle = "#ffffff"
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return canvas
}
