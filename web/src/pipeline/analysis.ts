// Photo or frame → faces → answers, as `fer.inference.predictor` and `stream` do it.

import { frameFace } from "./alignment"
import { networkInput, tempered, type Answer } from "./answer"
import type { Face } from "./faces"
import type { Image } from "./image"
import { unreliableBecause } from "./quality"
import type { Settings } from "./settings"
import { Tracker, type Track } from "./tracking"
import { YuNet, type RunDetector } from "./yunet"

/** Probabilities of `count` faces, one row after the other. */
export type RunNetwork = (faces: Uint8Array, count: number) => Promise<Float32Array>

export class Analysis {
  private readonly yunet: YuNet

  constructor(
    private readonly settings: Settings,
    runDetector: RunDetector,
    private readonly runNetwork: RunNetwork,
  ) {
    this.yunet = new YuNet(runDetector, settings.detection)
  }

  /** The faces of a photo, largest first. */
  async photo(photo: Image): Promise<Answer[]> {
    const faces = await this.yunet.detect(photo)
    const rows = await this.classify(photo, faces)
    return faces.map((face, at) => this.answer(photo, face, at + 1, rows[at]!))
  }

  stream(): FaceStream {
    return new FaceStream(this, this.yunet, this.settings)
  }

  async classify(photo: Image, faces: readonly Face[]): Promise<number[][]> {
    if (!faces.length) return []
    const { width, height, channels, framing, temperature } = this.settings
    const crops = faces.map(face => frameFace(photo, face.landmarks, framing, width, height))
    const values = await this.runNetwork(networkInput(crops, channels), crops.length)
    const classes = this.settings.emotions.length
    return faces.map((_, at) => tempered(values.subarray(at * classes, (at + 1) * classes), temperature))
  }

  answer(photo: Image, face: Face, number: number, probabilities: readonly number[]): Answer {
    const because = unreliableBecause(photo, face.box, this.settings.quality)
    return { number, box: face.box, probabilities, unreliableBecause: because }
  }
}

/** Follows faces through frames: the detector searches every few frames; in between, each face is
 * looked for where it was. */
export class FaceStream {
  private readonly tracker: Tracker
  private frames = 0
  private detectedAtS = -Infinity
  private size = ""

  constructor(
    private readonly analysis: Analysis,
    private readonly yunet: YuNet,
    private readonly settings: Settings,
  ) {
    this.tracker = new Tracker(settings.tracking)
  }

  /** The people in the next frame, by number. */
  async step(frame: Image, atS: number): Promise<Answer[]> {
    const { detect_every, detect_within_s } = this.settings.tracking
    const size = `${frame.width}×${frame.height}` // a phone that is turned has another one
    const isDue = this.frames++ % detect_every === 0 || size !== this.size
    this.size = size
    const isLate = atS - this.detectedAtS > detect_within_s
    const before = this.tracker.visible
    if (isDue || isLate || !before.length) {
      this.detectedAtS = atS
      this.tracker.match(await this.yunet.detect(frame), atS)
    } else {
      for (const track of before) track.face = (await this.yunet.follow(frame, track.face)) ?? track.face
    }
    const tracks = this.tracker.visible
    const rows = await this.analysis.classify(frame, tracks.map(track => track.face))
    return tracks.map((track, at) => this.answer(frame, track, rows[at]!, atS))
  }

  private answer(frame: Image, track: Track, row: readonly number[], atS: number): Answer {
    const answer = this.analysis.answer(frame, track.face, track.number, row)
    // An answer that means nothing must not enter the mean of those that do.
    return answer.unreliableBecause ? answer : { ...answer, probabilities: this.tracker.smooth(track, row, atS) }
  }
}
