// Faces over time: a person keeps a number, and probabilities are smoothed
// (`fer.inference.tracking`).

import { area, overlap, type Box, type Face } from "./faces"
import type { Tracking } from "./settings"

export interface Track {
  /** From 1, in the order of appearance; never used twice. */
  readonly number: number
  face: Face
  seenAtS: number
  visible: boolean
  probabilities: readonly number[] | null
  smoothedAtS: number
}

export class Tracker {
  private tracks: Track[] = []
  private next = 1

  constructor(private readonly settings: Tracking) {}

  /** The people in the frame, by number. */
  get visible(): Track[] {
    return this.tracks.filter(track => track.visible)
  }

  /** Give each detected face to the person whose box is most like it, or to a new one. */
  match(faces: readonly Face[], atS: number): void {
    const pairs = this.tracks
      .flatMap(track => faces.map(face => ({ track, face, likeness: this.likeness(track, face, atS) })))
      .sort((one, other) => other.likeness - one.likeness)
    const free = new Set(this.tracks)
    const unmatched = new Set(faces)
    for (const { track, face, likeness } of pairs) {
      if (likeness > 0 && free.has(track) && unmatched.has(face)) {
        free.delete(track)
        unmatched.delete(face)
        Object.assign(track, { face, seenAtS: atS, visible: true })
      }
    }
    for (const track of free) track.visible = false
    for (const face of faces) {
      if (!unmatched.has(face)) continue
      const number = this.next++
      this.tracks.push({ number, face, seenAtS: atS, visible: true, probabilities: null, smoothedAtS: 0 })
    }
    this.tracks = this.tracks.filter(track => atS - track.seenAtS <= this.settings.patience_s)
  }

  /** Update the exponential mean of a person's probabilities, and return it. */
  smooth(track: Track, latest: readonly number[], atS: number): readonly number[] {
    const before = track.probabilities
    const kept = Math.exp(-Math.max(atS - track.smoothedAtS, 0) / this.settings.smoothing_s)
    track.probabilities = before ? latest.map((value, at) => kept * before[at]! + (1 - kept) * value) : latest
    track.smoothedAtS = atS
    return track.probabilities
  }

  /** Over 1 by overlap, else 0–1 by nearness: a face that moves fast may leave its box. */
  private likeness(track: Track, face: Face, atS: number): number {
    const [one, other] = [track.face.box, face.box]
    const both = overlap(one, other)
    if (both >= this.settings.min_overlap) return 1 + both
    const passedS = atS - track.seenAtS
    const reachPx = Math.max(one[2], other[2]) * Math.min(1 + 2 * passedS, 2)
    const grown = one[2] / other[2]
    return grown > 0.5 && grown < 2 ? Math.max(1 - apart(one, other) / reachPx, 0) : 0
  }
}

function apart(one: Box, other: Box): number {
  if (!area(one) || !area(other)) return Infinity
  return Math.hypot(one[0] + one[2] / 2 - other[0] - other[2] / 2, one[1] + one[3] / 2 - other[1] - other[3] / 2)
}
