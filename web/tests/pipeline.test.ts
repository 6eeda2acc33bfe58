import * as ort from "onnxruntime-web/wasm"
import { describe, expect, test } from "vitest"
import { frameFace } from "../src/pipeline/alignment"
import { networkInput, tempered } from "../src/pipeline/answer"
import { overlap } from "../src/pipeline/faces"
import { toGrey, type Image } from "../src/pipeline/image"
import { sharpness } from "../src/pipeline/quality"
import { resized } from "../src/pipeline/resize"
import { Tracker } from "../src/pipeline/tracking"
import { YuNet } from "../src/pipeline/yunet"
import { bytes, cases, differences, image } from "./cases"

const { settings } = cases
const LANDMARK_PX = 0.5

/** Equal but for the rounding of a few sums of floating-point numbers. */
function expectEqual(made: Image, expected: Image): void {
  const { largest, mean } = differences(made.data, expected.data)
  expect(largest).toBeLessThanOrEqual(1)
  expect(mean).toBeLessThan(0.001)
}

describe("pixels", () => {
  test.each(cases.grey)("grey values are OpenCV's", given => {
    expect(differences(toGrey(image(given.image)).data, image(given.expected).data).largest).toBe(0)
  })

  test.each(cases.resized)("an image resized to $longer_px px is OpenCV's", given => {
    const [made, expected] = [resized(image(given.image), given.longer_px), image(given.expected)]
    expect([made.width, made.height]).toEqual([expected.width, expected.height])
    expectEqual(made, expected)
  })

  test.each(cases.framed)("a face framed at $side px is Python's", given => {
    const { side, landmarks } = given
    const made = frameFace(image(given.image), landmarks, settings.detection.again_framing, side, side)
    expectEqual(made, image(given.expected))
  })

  test.each(cases.input)("the network's input of $channels channels is Python's", given => {
    const crop = image(given.image)
    const expected = networkInput([image(given.expected)], given.channels)
    expect(differences(networkInput([crop], given.channels), expected).largest).toBe(0)
  })

  test.each(cases.sharpness)("the sharpness of a face is Python's", given => {
    const made = sharpness(image(given.image), given.box, settings.quality.measured_px)
    expect(Math.abs(made / given.expected - 1)).toBeLessThan(1e-4)
  })
})

describe("faces", async () => {
  ort.env.wasm.numThreads = 1
  const session = await ort.InferenceSession.create(bytes("yunet.onnx"), { executionProviders: ["wasm"] })
  const yunet = new YuNet(async ({ values, width, height }) => {
    const outputs = await session.run({ input: new ort.Tensor("float32", values, [1, 3, height, width]) })
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]))
  }, settings.detection)

  test.each(cases.detected)("the detector finds Python's faces", async ({ image: stored, expected }) => {
    const found = await yunet.detect(image(stored))
    expect(found.length).toBe(expected.length)
    found.forEach((face, at) => {
      const { box, score, landmarks } = expected[at]!
      expect(overlap(face.box, box)).toBeGreaterThan(0.97)
      expect(Math.abs(face.score - score)).toBeLessThan(0.01)
      expect(differences(face.landmarks.flat(), landmarks.flat()).largest).toBeLessThan(LANDMARK_PX)
    })
  })

  test("a face that moved a little is followed", async () => {
    const photo = image(cases.detected[0]!.image)
    const [face] = await yunet.detect(photo)
    const away = { ...face!, landmarks: face!.landmarks.map(([x, y]) => [x + 12, y - 9] as const) }
    const found = await yunet.follow(photo, away)
    expect(overlap(found!.box, face!.box)).toBeGreaterThan(0.8)
    // YuNet's landmarks jump by 5% of a face's width from one framing of it to the next.
    expect(differences(found!.landmarks.flat(), face!.landmarks.flat()).largest).toBeLessThan(8)
  })
})

test("people keep their numbers and their smoothed probabilities as in Python", () => {
  const tracker = new Tracker(settings.tracking)
  for (const { at_s, boxes, people } of cases.tracked) {
    tracker.match(boxes.map(box => ({ box, score: 0.9, landmarks: [] })), at_s)
    expect(tracker.visible.map(({ number, face }) => [number, face.box])).toEqual(people.map(({ number, box }) => [number, box]))
    tracker.visible.forEach((track, at) => {
      const smoothed = tracker.smooth(track, people[at]!.row, at_s)
      expect(differences(smoothed, people[at]!.smoothed).largest).toBeLessThan(1e-9)
    })
  }
  expect(cases.tracked.at(-1)!.people.at(-1)!.number).toBeGreaterThan(4) // some came back as others
})

test.each(cases.probabilities.map((row, at) => [row, cases.tempered[at]!] as const))(
  "probabilities at a temperature are Python's",
  (row, expected) => {
    expect(differences(tempered(row, settings.temperature), expected).largest).toBeLessThan(1e-6)
  },
)
