// What the page and its worker send to each other.

import type { Parity } from "./export"
import type { Answer } from "./pipeline/answer"
import type { Settings } from "./pipeline/settings"

export type Request =
  | { readonly kind: "load"; readonly base: string; readonly isFramed: boolean }
  | { readonly kind: "photo"; readonly id: number; readonly file: Blob }
  | { readonly kind: "frame"; readonly id: number; readonly frame: ImageData; readonly atS: number }
  /** Forget the people of the frames so far. */
  | { readonly kind: "restart" }

export interface Loaded {
  readonly settings: Settings
  readonly version: string
  readonly parity: Parity | null
  readonly threads: number
}

export interface Answers {
  readonly answers: readonly Answer[]
  /** Size of what the boxes are measured in. */
  readonly width: number
  readonly height: number
  /** Of a photo, to show it. */
  readonly picture?: ImageBitmap
}

export type Reply =
  | { readonly kind: "progress"; readonly bytes: number; readonly ofBytes: number }
  | { readonly kind: "loaded"; readonly loaded: Loaded }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "answered"; readonly id: number; readonly answers: Answers }
  | { readonly kind: "refused"; readonly id: number; readonly message: string }
