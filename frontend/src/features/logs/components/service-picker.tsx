/** Which services' lines are shown: none chosen means all; each chosen one stands as a chip that takes it out. */
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { ChoiceField } from "@/components/ui/choice-field";
import { servicesQuery } from "@/lib/api/queries";

interface ServicePickerProps {
  chosen: readonly string[];
  /** Services that have lines, whether Prometheus knows them or not. */
  withLines: readonly string[];
  onChange: (services: string[]) => void;
}

export function ServicePicker({ chosen, withLines, onChange }: ServicePickerProps) {
  const known = useQuery(servicesQuery).data ?? [];
  const names = [...new Set([...withLines, ...known])].filter((name) => !chosen.includes(name)).sort();
  return (
    <div className="service-picker">
      <ChoiceField
        label="Services"
        value=""
        none={chosen.length ? "Add a service" : "All services"}
        adds
        options={names.map((name) => [name, name])}
        onChange={(name) => name && onChange([...chosen, name])}
      />
      {chosen.map((name) => (
        <button
          key={name}
          type="button"
          className="button button-small chip"
          aria-label={`Without ${name}`}
          onClick={() => onChange(chosen.filter((each) => each !== name))}
        >
          <bdi className="chip-name">{name}</bdi> <X aria-hidden="true" size={13} />
        </button>
      ))}
    </div>
  );
}
