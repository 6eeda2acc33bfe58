// The cases that `tests/integration/test_web_pipeline.py` makes with Python.

import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Image } from "../src/pipeline/image"
import type { Box, Point } from "../src/pipeline/faces"
import type { Settings } from "../src/pipeline/settings"

interface Stored {
  readonly file: string
  readonly width: number
  readonly height: number
}

export interface FaceCase {
  readonly box: Box
  readonly score: number
  readonly landmarks: readonly Point[]
}

type Case<Given, Expected> = Given & { readonly image: Stored; readonly expected: Expected }

interface Cases {
  readonly settings: Settings
  readonly grey: readonly Case<object, Stored>[]
  readonly resized: readonly Case<{ longer_px: number }, Stored>[]
  readonly framed: readonly Case<FaceCase & { side: number }, Stored>[]
  readonly input: readonly Case<{ channels: 1 | 3 }, Stored>[]
  readonly sharpness: readonly Case<{ box: Box }, number>[]
  readonly detected: readonly Case<object, readonly FaceCase[]>[]
  readonly probabilities: readonly (readonly number[])[]
  readonly tempered: readonly (readonly number[])[]
  readonly tracked: readonly {
    readonly at_s: number
    readonly boxes: readonly Box[]
    readonly people: readonly {
      readonly number: number
      readonly box: Box
      readonly row: readonly number[]
      readonly smoothed: readonly number[]
    }[]
  }[]
}

const folder = process.env["FER_CASES"]
if (!folder) throw new Error("FER_CASES names no folder. Run: pytest tests/integration/test_web_pipeline.py")

export const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")) as Cases

export function bytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder!, name)))
}

export function image(stored: Stored): Image {
  const data = new Uint8ClampedArray(bytes(stored.file))
  const { width, height } = stored
  return { width, height, channels: data.length / (width * height) as 1 | 4, data }
}

/** The largest and the mean difference of two lists of numbers of one length. */
export function differences(one: ArrayLike<number>, other: ArrayLike<number>): { largest: number; mean: number } {
  if (one.length !== other.length) throw new Error(`Lengths differ: ${one.length} and ${other.length}`)
  let largest = 0
  let sum = 0
  for (let at = 0; at < one.length; at++) {
    const difference = Math.abs(one[at]! - other[at]!)
    largest = Math.max(largest, difference)
    sum += difference
  }
  return { largest, mean: sum / one.length }
}
