package io.latencyscheduler.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.InstantDeserializer;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** Reads instants. Kubernetes writes whole seconds in UTC almost everywhere; those need no formatter, which is slow. */
final class Rfc3339 extends StdScalarDeserializer<Instant> {
    private static final long serialVersionUID = 1L;
    private static final String FORM = "2026-01-01T00:00:00Z";

    Rfc3339() {
        super(Instant.class);
    }

    @Override
    public Instant deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        Instant seconds = parser.hasToken(JsonToken.VALUE_STRING) ? wholeSeconds(parser.getText()) : null;
        return seconds == null ? InstantDeserializer.INSTANT.deserialize(parser, context) : seconds;
    }

    /** Null for any other form, of which a formatter then is the judge. */
    private static @Nullable Instant wholeSeconds(String text) {
        if (text.length() != FORM.length()) {
            return null;
        }
        for (int i = 0; i < FORM.length(); i++) {
            char form = FORM.charAt(i);
            char found = text.charAt(i);
            boolean digit = form >= '0' && form <= '9';
            if (digit ? found < '0' || found > '9' : found != form) {
                return null;
            }
        }
        int month = number(text, 5, 7);
        int day = number(text, 8, 10);
        int hour = number(text, 11, 13);
        int minute = number(text, 14, 16);
        int second = number(text, 17, 19);
        if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) {
            return null;
        }
        LocalDate first = LocalDate.of(number(text, 0, 4), month, 1);
        if (day > first.lengthOfMonth()) {
            return null;
        }
        long days = first.toEpochDay() + day - 1;
        return Instant.ofEpochSecond(((days * 24 + hour) * 60 + minute) * 60 + second);
    }

    private static int number(String digits, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = number * 10 + digits.charAt(i) - '0';
        }
        return number;
    }
}
