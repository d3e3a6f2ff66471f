/** Text to the clipboard, and a word on whether it went there. */
import { showToast } from "@/components/toast-store";

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showToast("Copied.");
  } catch {
    // Only a page served over TLS or from this machine may write there.
    showToast("The browser does not let Canopy copy: mark the text and copy it yourself.", {
      tone: "problem",
    });
  }
}
