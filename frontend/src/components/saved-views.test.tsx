import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
import { MOST_VIEWS } from "@/lib/saved-views";
import { SavedViewsMenu } from "./saved-views";
import { Toasts } from "./toasts";

/** The menu of a page that has these views, opened; each test has a page of its own. */
async function open(page: string, names: readonly string[]) {
  const views = names.map((name) => ({ name, search: `q=${name}` }));
  localStorage.setItem(`canopy.views.${page}`, JSON.stringify(views));
  render(
    <MemoryRouter initialEntries={["/incidents?status=OPEN"]}>
      <SavedViewsMenu page={page} />
      <Toasts />
    </MemoryRouter>,
  );
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: /^Views/ }));
  return { user, menu: within(await screen.findByRole("dialog", { name: "Saved views" })) };
}

it("says that a name is taken before its view is replaced, and gives it back", async () => {
  const { user, menu } = await open("taken", ["Mine", "Hers"]);
  await user.type(menu.getByLabelText("Name of this view"), "Mine");
  expect(menu.getByText(/^This name is taken/)).toBeVisible();
  await user.click(menu.getByRole("button", { name: "Replace" }));
  const mine = () => screen.getByRole("link", { name: "Mine" });
  expect(mine()).toHaveAttribute("href", "/incidents?status=OPEN");
  await user.click(await screen.findByRole("button", { name: /^Undo/ }));
  await user.click(screen.getByRole("button", { name: /^Views/ }));
  await waitFor(() => expect(mine()).toHaveAttribute("href", "/incidents?q=Mine"));
});

it("keeps no more than it says, and drops none by itself", async () => {
  const names = Array.from({ length: MOST_VIEWS }, (_, index) => `View ${index}`);
  const { user, menu } = await open("full", names);
  await user.type(menu.getByLabelText("Name of this view"), "One more");
  expect(menu.getByText(/forget one first/)).toBeVisible();
  expect(menu.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.click(menu.getByRole("button", { name: "Forget the view View 3" }));
  await user.click(menu.getByRole("button", { name: "Save" }));
  expect(menu.getAllByRole("link")).toHaveLength(MOST_VIEWS);
  expect(menu.getByRole("link", { name: "View 0" })).toBeVisible();
  // Nothing may be lost without a word here either.
  await user.click(await screen.findByRole("button", { name: /^Undo/ }));
  expect(await screen.findByText(/^The view View 3 cannot be put back/)).toBeVisible();
});
