import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { at, modelOf, modelsOf } from "@/testing/factories";
import { renderApp } from "@/testing/render";
import { answer, server } from "@/testing/server";

/** The dialog of a model that can be gone back from; `asked` counts the roll backs that reach the server. */
async function openDialog() {
  const asked: string[] = [];
  let arrive: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  server.use(
    answer("get", "/models", modelsOf(modelOf("a", "lat", { before: at(-90_000) }))),
    answer("post", "/models/rollback", async (request) => {
      asked.push(request.url);
      await held;
      return { generation: "g1", models: [{ service: "a", metric: "lat" }] };
    }),
  );
  const { user } = renderApp("/models?service=a&metric=lat");
  const dialog = within(await screen.findByRole("dialog"));
  return { user, dialog, asked, arrive };
}

it("asks for a second press after a double click", async () => {
  const { user, dialog, asked } = await openDialog();
  await user.dblClick(dialog.getByRole("button", { name: "Roll back" }));
  expect(dialog.getByRole("button", { name: "Press again to roll back" })).toBeVisible();
  expect(asked).toEqual([]);
});

it("asks for a second press after a held key, and keeps the focus while it rolls back, once", async () => {
  const { user, dialog, asked, arrive } = await openDialog();
  dialog.getByRole("button", { name: "Roll back" }).focus();
  await user.keyboard("{Enter>4/}");
  const button = dialog.getByRole("button", { name: "Press again to roll back" });
  expect(asked).toEqual([]);
  await user.keyboard("{Enter}");
  await user.keyboard("{Enter}{Enter}{Enter}");
  expect(button).toHaveFocus();
  arrive();
  expect(await screen.findByText(/The model before serves/)).toBeVisible();
  expect(asked).toHaveLength(1);
});
