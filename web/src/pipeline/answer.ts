// From a crop to the network's input, and from its output to calibrated probabilities.

import { toGrey, type Image } from "./image"

const TINY = 2 ** -126 // the least positive normal float32

/** What is shown of a face. */
export interface Answer {
  readonly number: number
  readonly box: readonly [number, number, number, number]
  /** By the model's order of labels. */
  readonly probabilities: readonly number[]
  /** "" where the answer is reliable. */
  readonly unreliableBecause: string
}

/** Crops of the network's size as its input: faces, rows, columns, channels; uint8. */
export function networkInput(crops: readonly Image[], channels: 1 | 3): Uint8Array {
  const size = crops.length ? crops[0]!.width * crops[0]!.height * channels : 0
  const values = new Uint8Array(crops.length * size)
  crops.forEach((crop, number) => {
    let to = number * size
    if (channels === 1) return values.set(toGrey(crop).data, to)
    for (let from = 0; from < crop.data.length; from += 4) {
      for (let channel = 0; channel < 3; channel++) values[to++] = crop.data[from + channel]!
    }
  })
  return values
}

/** Probabilities at a temperature (`fer.nets.forward.tempered`). */
export function tempered(probabilities: ArrayLike<number>, temperature: number): number[] {
  if (temperature === 1) return Array.from(probabilities)
  const logits = Array.from(probabilities, value => Math.log(Math.max(value, TINY)) / temperature)
  const highest = Math.max(...logits)
  const powers = logits.map(logit => Math.exp(logit - highest))
  const sum = powers.reduce((one, other) => one + other, 0)
  return powers.map(power => power / sum)
}

export function topOf(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities))
}
