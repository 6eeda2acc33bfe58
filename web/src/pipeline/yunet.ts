// YuNet as OpenCV's FaceDetectorYN runs it, and the search at one size or two of
// `fer.faces.yunet`.

import { frameFace, inverse, moved, photoToCrop } from "./alignment"
import { overlap, select, type Box, type Candidate, type Face, type Point } from "./faces"
import type { Image } from "./image"
import { resized } from "./resize"
import type { Detection } from "./settings"

/** BGR planes of 0–255, padded with black to the right and below. */
export interface DetectorInput {
  readonly values: Float32Array
  readonly width: number
  readonly height: number
}

/** The network's outputs by name: `cls_8`, `obj_8`, `bbox_8`, `kps_8`, and those of other strides. */
export type DetectorOutputs = Readonly<Record<string, Float32Array>>

export type RunDetector = (input: DetectorInput) => Promise<DetectorOutputs>

export function detectorInput(image: Image, divisor: number): DetectorInput {
  const width = Math.ceil(image.width / divisor) * divisor
  const height = Math.ceil(image.height / divisor) * divisor
  const plane = width * height
  const values = new Float32Array(3 * plane)
  const { data } = image
  for (let y = 0, from = 0; y < image.height; y++) {
    for (let x = 0, to = y * width; x < image.width; x++, to++, from += 4) {
      values[to] = data[from + 2]!
      values[plane + to] = data[from + 1]!
      values[2 * plane + to] = data[from]!
    }
  }
  return { values, width, height }
}

/** What the network found, in pixels of its input, each face once, best first. */
export function decode(outputs: DetectorOutputs, width: number, settings: Detection): Candidate[] {
  const found: Candidate[] = []
  for (const stride of settings.strides) {
    const [classes, objects] = [outputs[`cls_${stride}`]!, outputs[`obj_${stride}`]!]
    const [boxes, points] = [outputs[`bbox_${stride}`]!, outputs[`kps_${stride}`]!]
    const columns = width / stride
    for (let at = 0; at < classes.length; at++) {
      const score = Math.sqrt(share(classes[at]!) * share(objects[at]!))
      if (score < settings.hint_score) continue
      const column = at % columns
      const row = Math.floor(at / columns)
      const boxWidth = Math.exp(boxes[4 * at + 2]!) * stride
      const boxHeight = Math.exp(boxes[4 * at + 3]!) * stride
      const x = (column + boxes[4 * at]!) * stride - boxWidth / 2
      const y = (row + boxes[4 * at + 1]!) * stride - boxHeight / 2
      const landmarks: Point[] = []
      for (let k = 10 * at; k < 10 * at + 10; k += 2) {
        landmarks.push([(column + points[k]!) * stride, (row + points[k + 1]!) * stride])
      }
      found.push({ box: [x, y, boxWidth, boxHeight], landmarks, score })
    }
  }
  return withoutTwins(found, settings.most_overlap)
}

/** Non-maximum suppression; OpenCV compares the boxes in whole pixels. */
function withoutTwins(found: Candidate[], mostOverlap: number): Candidate[] {
  const kept: { candidate: Candidate; box: Box }[] = []
  for (const candidate of found.sort((one, other) => other.score - one.score)) {
    const box = candidate.box.map(Math.trunc) as unknown as Box
    if (kept.every(other => overlap(box, other.box) <= mostOverlap)) kept.push({ candidate, box })
  }
  return kept.map(({ candidate }) => candidate)
}

function share(value: number): number {
  return Math.min(Math.max(value, 0), 1)
}

export class YuNet {
  constructor(
    private readonly run: RunDetector,
    private readonly settings: Detection,
  ) {}

  /** All faces of a photo, largest first. */
  async detect(photo: Image): Promise<Face[]> {
    const { small_px, large_px, grown_px, again_px, large_face, min_score } = this.settings
    const longer = Math.max(photo.width, photo.height)
    // A small photo is enlarged, at most twofold.
    const enlarged = Math.max(longer, Math.min(2 * longer, grown_px))
    const large = Math.max(Math.min(enlarged, large_px), again_px)
    let rows = await this.find(photo, large >= grown_px ? small_px : again_px)
    const smallest = Math.min(...rows.map(row => Math.min(row.box[2], row.box[3])))
    const isSure = rows.some(row => row.score >= min_score)
    if (large < grown_px || !isSure || smallest < large_face * longer) {
      rows = [...rows, ...(await this.find(photo, large))]
    }
    const faces = select(rows.filter(row => row.score >= min_score), photo, this.settings)
    const refined: Face[] = []
    for (const face of faces) {
      const better = await this.again(photo, face)
      refined.push(better ? { ...face, landmarks: better.landmarks } : face)
    }
    return refined
  }

  /** A face that was there a moment ago, where it is now; null if it is not near. */
  async follow(photo: Image, face: Face): Promise<Face | null> {
    const found = await this.again(photo, face)
    return found ? (select([found], photo, this.settings)[0] ?? null) : null
  }

  /** What the network finds once the face is levelled and enlarged, in pixels of the photo. */
  private async again(photo: Image, face: Face): Promise<Candidate | null> {
    const { again_px: side, again_framing: framing, min_score } = this.settings
    const rows = await this.find(frameFace(photo, face.landmarks, framing, side, side), side)
    const best = rows[0] // the best comes first
    if (!best || best.score < min_score) return null
    const toPhoto = inverse(photoToCrop(face.landmarks, framing, side, side))
    const [x, y, width, height] = best.box
    // The box stays upright; its middle and size are carried over.
    const middle = moved([x + width / 2, y + height / 2], toPhoto)
    const scale = Math.hypot(toPhoto[0], toPhoto[3])
    return {
      score: best.score,
      box: [middle[0] - (width * scale) / 2, middle[1] - (height * scale) / 2, width * scale, height * scale],
      landmarks: best.landmarks.map(point => moved(point, toPhoto)),
    }
  }

  private async find(photo: Image, longerPx: number): Promise<Candidate[]> {
    const picture = resized(photo, longerPx)
    const input = detectorInput(picture, this.settings.divisor)
    const found = decode(await this.run(input), input.width, this.settings)
    const [sx, sy] = [photo.width / picture.width, photo.height / picture.height]
    return found.map(({ box, landmarks, score }) => ({
      score,
      box: [box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy],
      landmarks: landmarks.map(([x, y]) => [x * sx, y * sy]),
    }))
  }
}
