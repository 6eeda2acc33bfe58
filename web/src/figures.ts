// The figures of one face beside the stage.

import { percent } from "./boxes"
import { part } from "./parts"
import { topOf, type Answer } from "./pipeline/answer"
import type { Settings } from "./pipeline/settings"

export function describe(answer: Answer, settings: Settings): string {
  return `face ${answer.number}: ${answer.unreliableBecause || settings.emotions[topOf(answer.probabilities)]!.label}`
}

export function showFace(answer: Answer | undefined, settings: Settings, nothing: string): void {
  const [emotion, confidence] = [part("emotion"), part("confidence")]
  const top = answer && !answer.unreliableBecause ? topOf(answer.probabilities) : -1
  const best = settings.emotions[top]
  emotion.style.setProperty("--color", best?.color ?? (answer ? settings.unreliable.color : "var(--border)"))
  if (best) {
    emotion.textContent = `${best.symbol} ${best.label}`
    confidence.textContent = `${percent(answer!.probabilities[top]!)} confidence`
  } else {
    emotion.textContent = answer ? "🔍 not sure" : "–"
    confidence.textContent = answer ? `The face is ${answer.unreliableBecause}` : nothing
  }
  const rows = settings.emotions.map(({ label, symbol, color }, at) => {
    const row = document.createElement("li")
    row.className = at === top ? "top" : ""
    const share = best ? answer!.probabilities[at]! : 0
    for (const text of [`${symbol} ${label}`, "", best ? percent(share) : "–"]) {
      row.appendChild(document.createElement("span")).textContent = text
    }
    const bar = row.children[1] as HTMLElement
    bar.style.setProperty("--share", `${100 * share}%`)
    bar.style.setProperty("--color", color)
    return row
  })
  part("bars").replaceChildren(...rows)
}
