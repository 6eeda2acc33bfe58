// Links the player with the charts: a line in each chart follows the player, the player jumps to
// the moment that the page asks for, and the page learns where the player was paused.

const LINE = "fer-playhead"

export default function ({ data, setStateValue }) {
  const timer = setInterval(attach, 100) // the player may be drawn after this
  let frame = 0
  let video

  function attach() {
    video = document.querySelector(`.st-key-${data.player} video`)
    if (!video) return
    clearInterval(timer)
    if (Number(video.dataset.seek ?? 0) !== data.seek) {
      video.dataset.seek = data.seek
      video.dataset.sought = data.seek_s
      video.pause()
      video.currentTime = data.seek_s
    }
    // Properties, not listeners, as this runs again whenever the page is drawn.
    video.onpause = video.onseeked = () => video.paused && report()
    follow()
  }

  function report() {
    const at = video.currentTime
    if (Math.abs(at - Number(video.dataset.sought ?? -1)) < 0.02) return // the page knows
    video.dataset.sought = at
    setStateValue("at_s", at)
  }

  function follow() {
    for (const key of data.charts) place(key, video.currentTime)
    frame = requestAnimationFrame(follow)
  }

  function place(key, at) {
    const chart = document.querySelector(`.st-key-${key} .js-plotly-plot`)
    const area = chart?.querySelector(".nsewdrag")
    if (!area) return
    let line = chart.querySelector(`.${LINE}`)
    if (!line) {
      line = document.createElement("div")
      line.className = LINE
      line.setAttribute("aria-hidden", "true")
      chart.style.position = "relative"
      line.style.cssText =
        "position:absolute; top:0; left:0; width:2px; background:currentColor; pointer-events:none; z-index:2;"
      chart.appendChild(line)
    }
    const outer = chart.getBoundingClientRect()
    const inner = area.getBoundingClientRect()
    const x = inner.left - outer.left + (inner.width * Math.min(at, data.end_s)) / data.end_s
    line.style.height = `${inner.height}px`
    line.style.transform = `translate(${x - 1}px, ${inner.top - outer.top}px)`
  }

  return () => {
    clearInterval(timer)
    cancelAnimationFrame(frame)
    if (video) video.onpause = video.onseeked = null
    document.querySelectorAll(`.${LINE}`).forEach(line => line.remove())
  }
}
