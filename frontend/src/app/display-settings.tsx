/** The operator's choices: how often to refresh, which clock, which theme. */
import { Monitor, Moon, Sun } from "lucide-react";
import { SelectField } from "@/components/ui/field";
import { REFRESH_MODES, setPreferences, THEMES, type Theme, usePreferences } from "@/lib/preferences";
import { refreshLabel } from "./setting-actions";

const THEME_ICONS: Record<Theme, typeof Sun> = { system: Monitor, light: Sun, dark: Moon };

export function DisplaySettings() {
  const { refresh, theme, zone } = usePreferences();
  const ThemeIcon = THEME_ICONS[theme];
  const nextTheme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  return (
    <>
      <SelectField
        label="Refresh"
        hideLabel
        value={refresh}
        onChange={(value) => {
          const mode = REFRESH_MODES.find((each) => each === value);
          if (mode) setPreferences({ refresh: mode });
        }}
      >
        {REFRESH_MODES.map((mode) => (
          <option key={mode} value={mode}>
            {refreshLabel(mode)}
          </option>
        ))}
      </SelectField>
      <button
        type="button"
        className="button button-plain"
        aria-label={`Times are ${zone === "utc" ? "UTC" : "local"}; switch to ${zone === "utc" ? "local" : "UTC"}`}
        onClick={() => setPreferences({ zone: zone === "utc" ? "local" : "utc" })}
      >
        {zone === "utc" ? "UTC" : "Local"}
      </button>
      <button
        type="button"
        className="button button-plain"
        aria-label={`Theme: ${theme}; switch to ${nextTheme}`}
        title={`Theme: ${theme}`}
        onClick={() => setPreferences({ theme: nextTheme })}
      >
        <ThemeIcon aria-hidden="true" size={17} />
      </button>
    </>
  );
}
