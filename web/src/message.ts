// The words over the stage: what happens, or what is wrong and how to go about it.

import { part } from "./parts"

export function show(words: string, isProblem = false): void {
  part("words").textContent = words
  part("message").hidden = !words
  part("message").classList.toggle("problem", isProblem)
  part("progress").hidden = true
}

export function showLoading(bytes: number, ofBytes: number): void {
  const megabytes = (count: number): string => (count / 1e6).toFixed(1)
  show(bytes < ofBytes ? `Loading: ${megabytes(bytes)} of ${megabytes(ofBytes)} MB` : "Starting the networks …")
  const progress = part<HTMLProgressElement>("progress")
  progress.hidden = false
  progress.value = bytes / ofBytes
}
