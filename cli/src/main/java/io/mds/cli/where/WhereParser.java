package io.mds.cli.where;

import io.mds.client.Filter;
import io.mds.client.Filters;
import io.mds.table.Column;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Reads a condition over the columns of a table, such as {@code size >= 1000 AND (owner = 'root' OR name LIKE 'abc%')}.
 *
 * <pre>{@code
 * or         = and ("OR" and)*
 * and        = not ("AND" not)*
 * not        = "NOT" not | "(" or ")" | predicate
 * predicate  = column ( operator literal
 *            | "IS" ["NOT"] "NULL"
 *            | ["NOT"] "IN" "(" literal ("," literal)* ")"
 *            | ["NOT"] "LIKE" 'prefix%'
 *            | ["NOT"] "BETWEEN" literal "AND" literal )
 * operator   = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">="
 * literal    = 'string' | number | "TRUE" | "FALSE"
 * }</pre>
 *
 * <p>Keywords are case-insensitive, column names are not. A name in double quotes is never a keyword. Literals take the
 * type of their column: {@code modified >= '2024-01-31'}.
 */
public final class WhereParser {
    /** So that a hostile text cannot exhaust the stack. */
    private static final int MAX_DEPTH = 100;

    private final TableSchema schema;
    private final Tokens tokens;
    private int depth;

    private WhereParser(TableSchema schema, String text) {
        this.schema = schema;
        this.tokens = new Tokens(text);
    }

    /**
     * @throws SyntaxException naming the place
     */
    public static Filter parse(TableSchema schema, String text) {
        WhereParser parser = new WhereParser(schema, text);
        Filter filter = parser.or();
        if (parser.tokens.peek().kind() != Token.Kind.END) {
            throw parser.tokens.unexpected("AND, OR or the end");
        }
        return filter;
    }

    private Filter or() {
        List<Filter> terms = new ArrayList<>();
        do {
            terms.add(and());
        } while (tokens.takeKeyword("OR"));
        return Filters.or(terms);
    }

    private Filter and() {
        List<Filter> terms = new ArrayList<>();
        do {
            terms.add(not());
        } while (tokens.takeKeyword("AND"));
        return Filters.and(terms);
    }

    private Filter not() {
        Token start = tokens.peek();
        if (++depth > MAX_DEPTH) {
            throw tokens.error(start, "nested deeper than " + MAX_DEPTH + " levels");
        }
        Filter filter;
        if (tokens.takeKeyword("NOT")) {
            filter = Filters.not(not());
        } else if (tokens.takeSymbol("(")) {
            filter = or();
            tokens.expectSymbol(")", "to close the '(' at position " + (start.start() + 1));
        } else {
            filter = predicate();
        }
        depth--;
        return filter;
    }

    private Filter predicate() {
        Token name = tokens.expectName("a column, NOT or '('");
        Column column = column(name);
        if (tokens.takeKeyword("IS")) {
            boolean negated = tokens.takeKeyword("NOT");
            tokens.expectKeyword("NULL", negated ? "IS NOT" : "IS");
            return negated(negated, Filters.isNull(column.name()));
        }
        boolean negated = tokens.takeKeyword("NOT");
        if (tokens.takeKeyword("IN")) {
            return negated(negated, in(column));
        }
        if (tokens.takeKeyword("LIKE")) {
            return negated(negated, like(column, name));
        }
        if (tokens.takeKeyword("BETWEEN")) {
            Object low = literal(column);
            tokens.expectKeyword("AND", "the lower bound of BETWEEN");
            Object high = literal(column);
            return negated(negated, Filters.and(Filters.ge(column.name(), low), Filters.le(column.name(), high)));
        }
        if (negated) {
            throw tokens.unexpected("IN, LIKE or BETWEEN after NOT");
        }
        return comparison(column);
    }

    private Filter comparison(Column column) {
        Token operator = tokens.peek();
        if (operator.kind() != Token.Kind.SYMBOL || "(),".contains(operator.text())) {
            throw tokens.unexpected("=, !=, <, <=, >, >=, IS, IN, LIKE, BETWEEN or NOT after '" + column.name() + "'");
        }
        tokens.take();
        Object value = literal(column);
        return switch (operator.text()) {
            case "=", "==" -> Filters.eq(column.name(), value);
            case "!=", "<>" -> Filters.ne(column.name(), value);
            case "<" -> Filters.lt(column.name(), value);
            case "<=" -> Filters.le(column.name(), value);
            case ">" -> Filters.gt(column.name(), value);
            case ">=" -> Filters.ge(column.name(), value);
            default -> throw tokens.error(operator, "'" + operator.text() + "' is not a comparison");
        };
    }

    private Filter in(Column column) {
        tokens.expectSymbol("(", "after IN");
        List<Object> values = new ArrayList<>();
        do {
            values.add(literal(column));
        } while (tokens.takeSymbol(","));
        tokens.expectSymbol(")", "or ',' in the list of IN");
        return Filters.in(column.name(), values);
    }

    private Filter like(Column column, Token name) {
        if (column.type() != ColumnType.STRING) {
            throw tokens.error(
                    name, "LIKE compares strings, and column '" + column.name() + "' is of type " + column.type());
        }
        Token pattern = tokens.peek();
        if (pattern.kind() != Token.Kind.STRING) {
            throw tokens.unexpected("a pattern such as 'abc%' after LIKE");
        }
        tokens.take();
        StringBuilder literal = new StringBuilder();
        String text = pattern.text();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean last = i == text.length() - 1;
            if (c == '\\' && !last) {
                literal.append(text.charAt(++i));
            } else if (c == '%' && last) {
                return Filters.startsWith(column.name(), literal.toString());
            } else if (c == '%' || c == '_') {
                throw tokens.error(
                        pattern,
                        "LIKE takes a beginning only, as in 'abc%'; to mean the character " + c + " write \\" + c);
            } else {
                literal.append(c);
            }
        }
        return Filters.eq(column.name(), literal.toString());
    }

    private Object literal(Column column) {
        Token token = tokens.peek();
        boolean isTruth = token.isKeyword("TRUE") || token.isKeyword("FALSE");
        if (token.isKeyword("NULL")) {
            throw tokens.error(token, "nothing compares with NULL; write " + column.name() + " IS NULL or IS NOT NULL");
        }
        if (token.kind() != Token.Kind.STRING && token.kind() != Token.Kind.NUMBER && !isTruth) {
            throw tokens.unexpected("a value: a number, 'a string', TRUE or FALSE");
        }
        if (column.type() == ColumnType.STRING && token.kind() != Token.Kind.STRING) {
            throw tokens.error(
                    token, "column '" + column.name() + "' is of type STRING: write '" + token.text() + "' in quotes");
        }
        tokens.take();
        try {
            return column.type().parse(token.text());
        } catch (IllegalArgumentException e) {
            throw tokens.error(token, "column '" + column.name() + "': " + e.getMessage());
        }
    }

    private Column column(Token name) {
        return schema.findColumn(name.text()).orElseThrow(() -> {
            String known = schema.columns().stream().map(Column::name).collect(Collectors.joining(", "));
            return tokens.error(
                    name, "table '" + schema.name() + "' has no column '" + name.text() + "' (it has: " + known + ")");
        });
    }

    private static Filter negated(boolean negated, Filter filter) {
        return negated ? Filters.not(filter) : filter;
    }
}
