package io.canopy.shop.common.faults;

import java.util.List;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** Says that there is no fault of that name, and which there are: a 404. */
class UnknownFaultException extends ResponseStatusException {

	UnknownFaultException(String name, List<String> available) {
		super(HttpStatus.NOT_FOUND,
				"There is no fault '%s'; there are: %s".formatted(name, String.join(", ", available)));
	}

}
