package io.canopy.shop.common.faults;

import java.time.Duration;
import java.util.List;

import org.springframework.boot.convert.DurationStyle;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Switches faults on and off over HTTP. */
@RestController
@RequestMapping("/faults")
class FaultController {

	private final FaultBoard board;

	FaultController(FaultBoard board) {
		this.board = board;
	}

	@GetMapping
	Faults list() {
		return new Faults(this.board.active(), this.board.available());
	}

	/**
	 * The duration may stand in the body or in the query; without one the fault lasts.
	 */
	@PostMapping("/{name}")
	FaultBoard.Active start(@PathVariable String name, @RequestParam(required = false) String duration,
			@RequestBody(required = false) StartRequest body) {
		String text = (body != null && body.duration() != null) ? body.duration() : duration;
		return this.board.start(name, parse(text));
	}

	@DeleteMapping("/{name}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void stop(@PathVariable String name) {
		this.board.stop(name);
	}

	@DeleteMapping
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void stopAll() {
		this.board.stopAll();
	}

	private static Duration parse(String text) {
		if (text == null) {
			return null;
		}
		try {
			Duration duration = DurationStyle.SIMPLE.parse(text);
			if (duration.compareTo(Duration.ZERO) > 0) {
				return duration;
			}
		}
		catch (IllegalArgumentException ex) {
			// Answered below, together with durations that are not positive.
		}
		throw new ResponseStatusException(HttpStatus.BAD_REQUEST,
				"duration '%s' is not a positive duration such as 90s or 2m".formatted(text));
	}

	record StartRequest(String duration) {
	}

	record Faults(List<FaultBoard.Active> active, List<String> available) {
	}

}
