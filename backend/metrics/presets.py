"""The metrics that come with Canopy: for Spring Boot, for node-exporter and for Kubernetes.

In a query ``$service_label`` stands for ``prometheus.service_label`` and ``$window`` for four polls
(``1m`` at the default 15 s): poll no faster than Prometheus scrapes, or a rate finds too few samples.
``$part`` and ``$part(label)`` are the places of `parts`, in every selector that grows with the services.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.settings import ArtefactQuery, Direction, PresetName


@dataclass(frozen=True, slots=True)
class PresetMetric:
    """A metric before the settings are filled in; its fields are those of ``catalogue.MetricSpec``."""

    title: str
    unit: str
    query: str
    high: float | None
    critical: float | None
    direction: Direction = "above"


Preset = dict[str, PresetMetric]


def _percent(title: str, query: str, high: float, critical: float) -> PresetMetric:
    return PresetMetric(title, "percent", query, high, critical)


def _spring_boot() -> Preset:
    """Micrometer's names. The actuator's own requests (the scrapes) are no traffic of the service."""
    requests = 'uri!~"/actuator.*",$part'
    served = f"sum by ($service_label) (rate(http_server_requests_seconds_count{{{requests}}}[$window]))"
    failed = (
        'sum by ($service_label) (rate(http_server_requests_seconds_count{status=~"5..",'
        f"{requests}}}[$window]))"
    )
    buckets = (
        f"sum by ($service_label, le) (rate(http_server_requests_seconds_bucket{{{requests}}}[$window]))"
    )
    return {
        "cpu": _percent(
            "CPU", "100 * avg by ($service_label) (avg_over_time(process_cpu_usage{$part}[$window]))", 85, 95
        ),
        # A G1 heap has no maximum for Eden and Survivor and says -1: summed in, the share would be too high.
        "mem": _percent(
            "Memory",
            '100 * sum by ($service_label) (jvm_memory_used_bytes{area="heap",$part})'
            ' / sum by ($service_label) (jvm_memory_max_bytes{area="heap",$part} > 0)',
            85,
            95,
        ),
        "lat": PresetMetric(
            "p99 latency", "milliseconds", f"1000 * histogram_quantile(0.99, {buckets})", 1000, 3000
        ),
        # A service that never failed has no 5xx series: it has an error rate of 0, not none.
        "err": _percent("Error rate", f"100 * ({failed} or 0 * {served}) / {served}", 5, 20),
    }


def _per_host(query: str) -> str:
    """The query by service, and by instance for the series that carry no service label.

    In ``query`` ``$by`` stands for the label to sum by and ``$of`` for the matcher that picks the series.
    """
    named = query.replace("$by", "$service_label").replace("$of", '$service_label!="",$part')
    unnamed = query.replace("$by", "instance").replace("$of", '$service_label="",$part(instance)')
    return f'({named}) or label_replace({unnamed}, "$service_label", "$1", "instance", "(.+)")'


def _node_exporter() -> Preset:
    """The host is the service where the targets carry no service label, as in a stock scrape job."""
    idle = 'rate(node_cpu_seconds_total{mode="idle",$of}[2m])'
    disks = 'fstype!~"tmpfs|ramfs|devtmpfs|squashfs|iso9660|fuse.*",$of'
    return {
        "cpu": _percent("CPU", _per_host(f"100 * (1 - avg by ($by) ({idle}))"), 85, 95),
        "mem": _percent(
            "Memory",
            _per_host(
                "100 * (1 - sum by ($by) (node_memory_MemAvailable_bytes{$of})"
                " / sum by ($by) (node_memory_MemTotal_bytes{$of}))"
            ),
            85,
            95,
        ),
        "disk": _percent(
            "Fullest disk",
            _per_host(
                f"100 * (1 - min by ($by) (node_filesystem_avail_bytes{{{disks}}}"
                f" / (node_filesystem_size_bytes{{{disks}}} > 0)"
                # What cannot be written cannot fill up: an image mounted read-only is full for ever.
                f" and node_filesystem_readonly{{{disks}}} == 0))"
            ),
            85,
            95,
        ),
        "load": PresetMetric(
            "Load",
            "tasks per core",
            _per_host(
                'sum by ($by) (node_load1{$of}) / count by ($by) (node_cpu_seconds_total{mode="idle",$of})'
            ),
            2,
            4,
        ),
    }


def _per_container(query: str) -> str:
    """The query by container; the service is ``namespace/container``.

    cAdvisor's series often carry the service label of whom Prometheus scraped (``kubelet``): not asked here.
    """
    query = query.replace("$by", "by (namespace, container)")
    return f'label_join({query}, "$service_label", "/", "namespace", "container")'


def _kubernetes() -> Preset:
    """cAdvisor (through the kubelet) and kube-state-metrics."""
    # The pause container and the sums over a pod and a node have no name of a container.
    of = 'container!="",container!="POD",$part(container)'
    cpu = f"sum $by (rate(container_cpu_usage_seconds_total{{{of}}}[2m]))"
    memory = f"sum $by (container_memory_working_set_bytes{{{of}}})"
    periods = f"sum $by (increase(container_cpu_cfs_periods_total{{{of}}}[5m]))"
    throttled = f"sum $by (increase(container_cpu_cfs_throttled_periods_total{{{of}}}[5m]))"
    restarts = f"sum $by (increase(kube_pod_container_status_restarts_total{{{of}}}[10m]))"

    def limit(resource: str, usage: str, whole: str) -> str:
        """What the container may use: its limit, else the whole node for each of its pods."""
        running = 'max by (namespace, pod) (kube_pod_status_phase{phase="Running"} == 1)'
        limits = f'kube_pod_container_resource_limits{{resource="{resource}",$part(container)}}'
        set_limits = f"sum $by ({limits} * on (namespace, pod) group_left () {running})"
        pods = f"count $by (sum by (namespace, pod, container) ({usage}{{{of}}}))"
        return f"({set_limits} or {pods} * on () group_left () avg({whole}))"

    cpu_limit = limit("cpu", "container_cpu_usage_seconds_total", "machine_cpu_cores")
    memory_limit = limit("memory", "container_memory_working_set_bytes", "machine_memory_bytes")
    return {
        "cpu": _percent("CPU of its limit", _per_container(f"100 * {cpu} / {cpu_limit}"), 85, 95),
        "mem": _percent("Memory of its limit", _per_container(f"100 * {memory} / {memory_limit}"), 85, 95),
        "restarts": PresetMetric(
            "Restarts in 10 minutes", "restarts", _per_container(f"round({restarts})"), 1, 3
        ),
        "throttling": _percent("CPU throttling", _per_container(f"100 * {throttled} / {periods}"), 25, 50),
    }


PRESETS: dict[PresetName, Preset] = {
    "spring-boot": _spring_boot(),
    "node-exporter": _node_exporter(),
    "kubernetes": _kubernetes(),
    "none": {},
}

_VERSIONS = "version, service_version, build, image"
"""Labels by which programs say what they run."""


def _versions(label: str, query: str) -> str:
    """The query with no labels but the service and what it runs."""
    return f"count by ($service_label, {label}) ({query})"


def _offset(clock: str, by: str) -> str:
    """By how much the clocks behind ``clock`` are ahead: the one that is most ahead, else most behind."""
    return f"(max by ({by}) ({clock}) > 0) or min by ({by}) ({clock})"


def _artefacts_by_label() -> dict[ArtefactQuery, str]:
    """What every client library of Prometheus and every target says."""
    infos = '{__name__=~"target_info|build_info|application_info|app_info",$service_label!=""}'
    return {
        "restart": 'max by ($service_label) (process_start_time_seconds{$service_label!=""})',
        "deploy": f"count by ($service_label, {_VERSIONS}) ({infos})",
        "new_instance": 'count by ($service_label) (up{$service_label!=""})',
        "scrape_gap": 'count by ($service_label) (up{$service_label!=""} == 0)',
    }


def _artefacts_of_spring_boot() -> dict[ArtefactQuery, str]:
    # A process that knows when it started and for how long it runs knows what time it has.
    clock = "process_start_time_seconds + process_uptime_seconds - timestamp(process_uptime_seconds)"
    resets = "resets(http_server_requests_seconds_count[$window])"
    return _artefacts_by_label() | {
        "counter_reset": f"max by ($service_label) ({resets})",
        "clock_skew": _offset(clock, "$service_label"),
    }


def _artefacts_of_nodes() -> dict[ArtefactQuery, str]:
    clock = "node_time_seconds{$of} - timestamp(node_time_seconds{$of})"
    return {
        "restart": _per_host("max by ($by) (node_boot_time_seconds{$of})"),
        "deploy": _versions("release", _per_host("count by ($by, release) (node_uname_info{$of})")),
        "new_instance": _per_host("count by ($by) (node_boot_time_seconds{$of})"),
        "scrape_gap": _per_host("count by ($by) (up{$of} == 0)"),
        "counter_reset": _per_host("max by ($by) (resets(node_context_switches_total{$of}[$window]))"),
        "clock_skew": _per_host(_offset(clock, "$by")),
    }


def _artefacts_of_containers() -> dict[ArtefactQuery, str]:
    of = 'container!="",container!="POD"'
    return {
        "restart": _per_container(f"max $by (container_start_time_seconds{{{of}}})"),
        "deploy": _versions(
            "image",
            _per_container(f"count by (namespace, container, image) (kube_pod_container_info{{{of}}})"),
        ),
        "new_instance": _per_container(f"count $by (kube_pod_container_status_running{{{of}}} == 1)"),
        "counter_reset": _per_container(
            f"max $by (resets(container_cpu_usage_seconds_total{{{of}}}[$window]))"
        ),
    }


ARTEFACTS: dict[PresetName, dict[ArtefactQuery, str]] = {
    "spring-boot": _artefacts_of_spring_boot(),
    "node-exporter": _artefacts_of_nodes(),
    "kubernetes": _artefacts_of_containers(),
    "none": _artefacts_by_label(),
}
"""How each kind of artefact is asked for, for all services at once; kinds without a source are not there.

``restart``: when the newest process started, in seconds since the epoch. ``deploy``: a series for each
version, which stands in its other labels. ``new_instance``: how many instances there are. ``scrape_gap``: how
many of them cannot be scraped. ``counter_reset``: resets within the window. ``clock_skew``: seconds ahead.
"""
