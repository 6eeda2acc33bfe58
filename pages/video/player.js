// Links the player with the charts: a line in each chart follows the player, the player jumps to
// the moment that the page asks for, and the page learns where the player was paused.

const LINE = "fer-playhead"
const LINE_STYLE =
  "position:absolute; top:0; left:0; width:2px; background:currentColor; pointer-events:none; z-index:2;"

export default function ({ data, parentElement, setStateValue }) {
  const link = (parentElement.link ??= new Link())
  Object.assign(link, { data, report: setStateValue })
  return () => {
    delete parentElement.link
    link.leave()
  }
}

class Link {
  constructor() {
    this.sought = -1 // where the page knows the player to be
    this.follow = () => {
      this.attach(document.querySelector(`.st-key-${this.data?.player} video`))
      this.next = requestAnimationFrame(this.follow)
    }
    this.next = requestAnimationFrame(this.follow)
  }

  attach(video) {
    if (!video) return
    if (video !== this.video) {
      this.video = video
      video.onpause = video.onseeked = () => video.paused && this.tell(video.currentTime)
    }
    if (this.seek !== this.data.seek) {
      this.seek = this.data.seek
      if (this.seek) {
        this.sought = this.data.seek_s
        video.pause()
        video.currentTime = this.sought
      }
    }
    for (const key of this.data.charts) this.place(key, video.currentTime)
  }

  tell(at) {
    if (Math.abs(at - this.sought) < 0.02) return
    this.sought = at
    this.report("at_s", at)
  }

  place(key, at) {
    const chart = document.querySelector(`.st-key-${key} .js-plotly-plot`)
    const area = chart?.querySelector(".nsewdrag")
    if (!area) return
    let line = chart.querySelector(`.${LINE}`)
    if (!line) {
      line = document.createElement("div")
      line.className = LINE
      line.setAttribute("aria-hidden", "true")
      line.style.cssText = LINE_STYLE
      chart.style.position = "relative"
      chart.appendChild(line)
    }
    const outer = chart.getBoundingClientRect()
    const inner = area.getBoundingClientRect()
    const { end_s } = this.data
    const x = inner.left - outer.left + (inner.width * Math.min(at, end_s)) / end_s
    line.style.height = `${inner.height}px`
    line.style.transform = `translate(${x - 1}px, ${inner.top - outer.top}px)`
  }

  leave() {
    cancelAnimationFrame(this.next)
    if (this.video) this.video.onpause = this.video.onseeked = null
    document.querySelectorAll(`.${LINE}`).forEach(line => line.remove())
  }
}
