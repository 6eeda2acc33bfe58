// The service worker, which keeps the page for use without a network.

import { part } from "./parts"

export async function keepOffline(): Promise<void> {
  const words = part("offline")
  if (!("serviceWorker" in navigator)) {
    words.textContent = "This browser keeps pages for offline use only if they come over HTTPS."
    return
  }
  try {
    const registration = await navigator.serviceWorker.register("./sw.js", { updateViaCache: "none" })
    offerNext(registration)
    await navigator.serviceWorker.ready
    words.textContent = "This page is kept on this device and works without a network."
    words.dataset["state"] = "kept"
  } catch (problem) {
    words.textContent = `This page works, but not without a network: ${String(problem)}`
  }
}

/** Offer a newer export once it is kept; it is used as a whole, after a reload. */
function offerNext(registration: ServiceWorkerRegistration): void {
  const offer = (next: ServiceWorker | null): void => {
    if (!next || !navigator.serviceWorker.controller) return
    part("update").hidden = false
    part("renew").onclick = () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload())
      next.postMessage("use")
    }
  }
  offer(registration.waiting)
  registration.addEventListener("updatefound", () => {
    const { installing } = registration
    installing?.addEventListener("statechange", () => installing.state === "installed" && offer(installing))
  })
}
