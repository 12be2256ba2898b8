package io.mds.cli.where;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A text cut into tokens, and a place among them. */
final class Tokens {
    private static final Set<String> TWO_CHARACTER_SYMBOLS = Set.of("<=", ">=", "<>", "!=", "==");
    private static final String SYMBOLS = "<>=(),";

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private int next;

    Tokens(String text) {
        this.text = text;
        cut();
    }

    Token peek() {
        return tokens.get(next);
    }

    Token take() {
        Token token = tokens.get(next);
        if (token.kind() != Token.Kind.END) {
            next++;
        }
        return token;
    }

    boolean takeKeyword(String keyword) {
        if (peek().isKeyword(keyword)) {
            next++;
            return true;
        }
        return false;
    }

    boolean takeSymbol(String symbol) {
        if (peek().isSymbol(symbol)) {
            next++;
            return true;
        }
        return false;
    }

    void expectKeyword(String keyword, String after) {
        if (!takeKeyword(keyword)) {
            throw unexpected(keyword + " after " + after);
        }
    }

    void expectSymbol(String symbol, String what) {
        if (!takeSymbol(symbol)) {
            throw unexpected("'" + symbol + "' " + what);
        }
    }

    /** A column or table name. */
    Token expectName(String what) {
        Token token = peek();
        if (token.kind() != Token.Kind.WORD && token.kind() != Token.Kind.QUOTED_NAME) {
            throw unexpected(what);
        }
        return take();
    }

    SyntaxException unexpected(String expected) {
        return error(peek(), "found " + peek().describe() + " (expected: " + expected + ")");
    }

    SyntaxException error(Token token, String problem) {
        return new SyntaxException(text, token.start(), problem);
    }

    private void cut() {
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '\'') {
                at = quoted(at, c, Token.Kind.STRING);
            } else if (c == '"') {
                at = quoted(at, c, Token.Kind.QUOTED_NAME);
            } else if (isNumberStart(at)) {
                at = run(at, Token.Kind.NUMBER);
            } else if (isNamePart(c)) {
                at = run(at, Token.Kind.WORD);
            } else {
                at = symbol(at);
            }
        }
        tokens.add(new Token(Token.Kind.END, "", text.length()));
    }

    private int quoted(int start, char quote, Token.Kind kind) {
        StringBuilder content = new StringBuilder();
        int at = start + 1;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != quote) {
                content.append(c);
                at++;
            } else if (at + 1 < text.length() && text.charAt(at + 1) == quote) {
                content.append(quote);
                at += 2;
            } else {
                tokens.add(new Token(kind, content.toString(), start));
                return at + 1;
            }
        }
        throw new SyntaxException(text, start, "this " + quote + " is never closed");
    }

    private boolean isNumberStart(int at) {
        int digit = text.charAt(at) == '-' || text.charAt(at) == '+' ? at + 1 : at;
        if (digit < text.length() && text.charAt(digit) == '.') {
            digit++;
        }
        return digit < text.length() && isDigit(text.charAt(digit));
    }

    private int run(int start, Token.Kind kind) {
        int at = start + 1;
        while (at < text.length() && continues(at, kind)) {
            at++;
        }
        tokens.add(new Token(kind, text.substring(start, at), start));
        return at;
    }

    private boolean continues(int at, Token.Kind kind) {
        char c = text.charAt(at);
        if (isNamePart(c)) {
            return true;
        }
        char before = text.charAt(at - 1);
        return kind == Token.Kind.NUMBER && (c == '.' || ((c == '-' || c == '+') && (before == 'e' || before == 'E')));
    }

    private int symbol(int at) {
        if (at + 2 <= text.length() && TWO_CHARACTER_SYMBOLS.contains(text.substring(at, at + 2))) {
            tokens.add(new Token(Token.Kind.SYMBOL, text.substring(at, at + 2), at));
            return at + 2;
        }
        if (SYMBOLS.indexOf(text.charAt(at)) < 0) {
            throw new SyntaxException(
                    text,
                    at,
                    "'" + Character.toString(text.codePointAt(at)) + "' means nothing here; strings stand in '...'");
        }
        tokens.add(new Token(Token.Kind.SYMBOL, text.substring(at, at + 1), at));
        return at + 1;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNamePart(char c) {
        return isDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
