import { Camera } from "./camera"
import { Client, isFramed } from "./client"
import { Problem } from "./export"
import { showFace } from "./figures"
import { show, showLoading } from "./message"
import type { Loaded } from "./messages"
import { keepOffline } from "./offline"
import { part } from "./parts"
import { Photos } from "./photos"

async function main(): Promise<void> {
  // Inside another page, that page has the title.
  document.documentElement.classList.toggle("framed", isFramed())
  const client = new Client()
  let loaded: Loaded
  try {
    loaded = await client.load(showLoading)
  } catch (problem) {
    return show(problem instanceof Problem ? problem.message : `The page does not start: ${String(problem)}`, true)
  }
  const { settings } = loaded
  const camera = new Camera(client, settings)
  new Photos(client, settings, camera)
  showFace(undefined, settings, "The camera is off")
  describe(loaded)
  show("Press Start to use the camera, or choose a photo.")
  part<HTMLButtonElement>("start").disabled = false
  part<HTMLInputElement>("file").disabled = false
  if (!isFramed()) await keepOffline()
}

function describe({ settings, version, parity, threads }: Loaded): void {
  const counted = threads > 1 ? `${threads} threads` : "one thread"
  part("model").textContent = `Model ${settings.name}, detector YuNet, in ${counted}. Version ${version}.`
  part("quality").textContent = settings.figures
    .map(({ on, truth, images, accuracy, accuracy_ci95: [low, high], mean_recall }) => {
      const recall = mean_recall === null ? "" : `; mean recall ${inPercent(mean_recall)}`
      const right = truth === "votes" ? "the vote of several people" : "the label"
      return (
        `On ${on}, it names ${right} for ${inPercent(accuracy)} of ${images.toLocaleString("en")} faces ` +
        `(95% interval ${inPercent(low)} to ${inPercent(high)})${recall}.`
      )
    })
    .join(" ")
  if (!parity) {
    part("parity").textContent = "It was not measured whether the answers here are those of Python."
    return
  }
  part("parity").textContent =
    `On ${parity.photos} photos made of ${parity.synthetic ? "drawn faces" : `faces of ${parity.dataset}`}, this page and ` +
    `Python gave the same answer for ${inPercent(parity.same_answer)} of ${parity.faces} faces; probabilities differed by at most ` +
    `${parity.largest_difference.toFixed(4)}.`
}

function inPercent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}

void main()
