/** How the UI is built, served while developing, and tested. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { fixtureMiddleware } from "./e2e/fixture-server.ts";

const BACKEND = process.env.CANOPY_URL ?? "http://localhost:9092";

/** `--mode fixture`: the API's shapes without a backend, for work on the looks and for the axe tests. */
function fixtureApi(): Plugin {
  return {
    name: "canopy-fixture-api",
    configureServer: ({ middlewares }) => void middlewares.use(fixtureMiddleware()),
    configurePreviewServer: ({ middlewares, config }) =>
      void middlewares.use(fixtureMiddleware(resolve(config.root, config.build.outDir))),
  };
}

/** Stricter than the backend's: what passes here passes there and behind a proxy with a policy of its own. */
const STRICT_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

export default defineConfig(({ mode }) => ({
  base: "/ui/",
  plugins: [react(), ...(mode === "fixture" ? [fixtureApi()] : [])],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: mode === "fixture" ? {} : { proxy: { "/api/v1": BACKEND } },
  preview: { headers: { "Content-Security-Policy": STRICT_POLICY } },
  build: {
    outDir: process.env.UI_DIST ?? "dist",
    target: "es2022",
    modulePreload: { polyfill: false },
    // One small file: a page's own rules come with the first one, and nothing jumps when its code arrives.
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // What the first page needs comes as one file, not as one for each set of pages that share a module.
        codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] },
      },
    },
  },
  test: {
    environment: "happy-dom",
    environmentOptions: { happyDOM: { url: "http://canopy.test/ui/" } },
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    testTimeout: 60_000,
  },
}));
