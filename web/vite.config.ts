import { defineConfig } from "vitest/config"

// Two passes: the pages, and with `--mode sw` the service worker, which is one file.
export default defineConfig(({ mode }) => {
  const isWorker = mode === "sw"
  return {
    base: "./", // the folder is served under any address
    resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "production"] },
    worker: { format: "es" },
    publicDir: isWorker ? false : "public",
    build: {
      target: "es2022",
      assetsInlineLimit: 0, // the page's Content-Security-Policy allows no data in addresses
      modulePreload: { polyfill: false },
      outDir: "../fer/_web", // from where a wheel takes it
      emptyOutDir: !isWorker,
      rolldownOptions: isWorker
        ? { input: "src/sw.ts", output: { entryFileNames: "sw.js" } }
        : { input: ["index.html", "parity.html"] },
    },
    test: { include: ["tests/*.test.ts"] },
  }
})
