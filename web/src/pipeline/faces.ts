// A face on a photo, and the step from a detector's raw boxes to faces (`fer.faces.face`).

import { roundEven } from "./image"
import type { Detection } from "./settings"

export type Point = readonly [x: number, y: number]
/** x, y, width, height in photo pixels. */
export type Box = readonly [x: number, y: number, width: number, height: number]

/** What a detector finds: a box that may extend beyond the photo, five landmarks and a score. */
export interface Candidate {
  readonly box: Box
  readonly landmarks: readonly Point[]
  readonly score: number
}

/** A candidate whose box is within the photo, in whole pixels. */
export type Face = Candidate

/** Each face once, large enough, largest first. */
export function select(
  candidates: readonly Candidate[], photo: { width: number; height: number }, settings: Detection,
): Face[] {
  const kept: Face[] = []
  for (const candidate of [...candidates].sort((one, other) => other.score - one.score)) {
    const [x, y, width, height] = candidate.box
    const left = within(x, photo.width)
    const top = within(y, photo.height)
    const box: Box = [left, top, within(x + width, photo.width) - left, within(y + height, photo.height) - top]
    if (Math.min(box[2], box[3]) < settings.min_face_px) continue
    if (kept.some(other => shared(box, other.box) > settings.same_face)) continue
    kept.push({ ...candidate, box })
  }
  return kept.sort((one, other) => area(other.box) - area(one.box))
}

/** The common area of two boxes. */
export function common(one: Box, other: Box): number {
  const across = Math.min(one[0] + one[2], other[0] + other[2]) - Math.max(one[0], other[0])
  const down = Math.min(one[1] + one[3], other[1] + other[3]) - Math.max(one[1], other[1])
  return Math.max(across, 0) * Math.max(down, 0)
}

/** Intersection over union. */
export function overlap(one: Box, other: Box): number {
  const both = common(one, other)
  const union = area(one) + area(other) - both
  return union ? both / union : 0
}

export function area(box: Box): number {
  return box[2] * box[3]
}

function shared(one: Box, other: Box): number {
  return common(one, other) / Math.min(area(one), area(other))
}

function within(value: number, last: number): number {
  return Math.min(Math.max(roundEven(value), 0), last)
}
