// What `settings.json` holds. The export writes it from the model's card and from Python's own
// constants, so that no number of the pipeline is written a second time here.

export interface Framing {
  readonly eyes_x: number
  readonly eyes_y: number
  readonly span: number
}

export interface Detection {
  readonly min_score: number
  readonly hint_score: number
  readonly large_px: number
  readonly small_px: number
  readonly grown_px: number
  readonly large_face: number
  readonly again_px: number
  readonly again_framing: Framing
  readonly most_overlap: number
  readonly divisor: number
  readonly strides: readonly number[]
  readonly min_face_px: number
  readonly same_face: number
}

export interface Quality {
  readonly min_side_px: number
  readonly min_sharpness: number
  readonly measured_px: number
  readonly too_small: string
  readonly too_blurred: string
}

export interface Tracking {
  readonly min_overlap: number
  readonly patience_s: number
  readonly smoothing_s: number
  readonly detect_every: number
  readonly detect_within_s: number
}

export interface Emotion {
  readonly label: string
  readonly color: string
  readonly ink: string
  readonly symbol: string
}

export interface Figures {
  readonly on: string
  readonly images: number
  /** `votes` of several people, or the data set's `label`. */
  readonly truth: string
  readonly accuracy: number
  readonly accuracy_ci95: readonly [number, number]
  readonly mean_recall: number | null
}

export interface Settings {
  readonly name: string
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  readonly temperature: number
  readonly framing: Framing
  readonly emotions: readonly Emotion[]
  readonly unreliable: { readonly color: string; readonly ink: string }
  readonly detection: Detection
  readonly quality: Quality
  readonly tracking: Tracking
  /** What the card has of test faces. */
  readonly figures: readonly Figures[]
  readonly photos: { readonly max_pixels: number; readonly max_bytes: number; readonly min_side_px: number }
}
