/** Which page an address shows. Now is loaded at once; the others when first asked for. */
import { lazy, Suspense } from "react";
import { Link, Route, Routes } from "react-router";
import { EmptyState, PageSkeleton } from "@/components/ui/states";
import { NowPage } from "@/features/now/now-page";
import { usePageTitle } from "@/lib/page-title";
import { PageBoundary, RootBoundary } from "./boundaries";
import { Shell } from "./shell";

const ServicePage = lazy(() => import("@/features/service/service-page"));
const IncidentsPage = lazy(() => import("@/features/incidents/incidents-page"));
const IncidentPage = lazy(() => import("@/features/incidents/incident-page"));
const LogsPage = lazy(() => import("@/features/logs/logs-page"));
const ModelsPage = lazy(() => import("@/features/models/models-page"));
const SensitivityPage = lazy(() => import("@/features/sensitivity/sensitivity-page"));
const BacktestPage = lazy(() => import("@/features/backtest/backtest-page"));

export function App() {
  return (
    <RootBoundary>
      <Shell>
        <PageBoundary>
          <Suspense fallback={<PageSkeleton />}>
            <Routes>
              <Route index element={<NowPage />} />
              <Route path="services/:name" element={<ServicePage />} />
              <Route path="incidents" element={<IncidentsPage />} />
              <Route path="incidents/:id" element={<IncidentPage />} />
              <Route path="logs" element={<LogsPage />} />
              <Route path="models" element={<ModelsPage />} />
              <Route path="models/sensitivity" element={<SensitivityPage />} />
              <Route path="models/backtest" element={<BacktestPage />} />
              <Route path="*" element={<NoSuchPage />} />
            </Routes>
          </Suspense>
        </PageBoundary>
      </Shell>
    </RootBoundary>
  );
}

function NoSuchPage() {
  usePageTitle("No such page");
  return (
    <EmptyState title="There is no page at this address" heading>
      <Link to="/">Go to Now</Link>
    </EmptyState>
  );
}
