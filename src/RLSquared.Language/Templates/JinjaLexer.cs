using System.Globalization;
using System.Text;

namespace RLSquared.Language.Templates;

enum TokenKind { Text, OpenOutput, OpenBlock, Close, Name, Number, String, Operator, End }

/// <param name="Kind">What it is.</param>
/// <param name="Text">The text, name, operator or unescaped string.</param>
/// <param name="Value">A number's value.</param>
/// <param name="Line">Where it is, from 1.</param>
readonly record struct JinjaToken(TokenKind Kind, string Text, object? Value, int Line);

/// <summary>
/// Cuts a template into tokens. White space is Hugging Face's: the line feed behind a block or comment goes
/// (trim_blocks), and so do blanks before one that begins a line (lstrip_blocks); a minus takes all white space on its
/// side, a plus keeps it.
/// </summary>
sealed class JinjaLexer
{
    static readonly string[] operators =
    [
        "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",", ":", "|",
        "(", ")", "[", "]", "{", "}",
    ];

    readonly string source;
    readonly List<JinjaToken> tokens = [];
    int at, line = 1;

    JinjaLexer(string source) => this.source = source;

    public static List<JinjaToken> Read(string template)
    {
        string source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (source.EndsWith('\n'))
            source = source[..^1];                             // Jinja drops one line feed at the end
        var lexer = new JinjaLexer(source);
        lexer.ReadAll();
        return lexer.tokens;
    }

    void ReadAll()
    {
        bool startsLine = true, stripsStart = false;
        while (at < source.Length)
        {
            int open = NextOpening(at);
            string text = source[at..open];
            bool ends = open == source.Length;
            char kind = ends ? ' ' : source[open + 1];
            char sign = ends || open + 2 >= source.Length ? ' ' : source[open + 2];
            int lines = text.Count('\n');
            if (stripsStart)
                text = text.TrimStart();
            if (sign == '-')
                text = text.TrimEnd();
            else if (kind is '%' or '#' && sign != '+')
                text = WithoutBlanksOfLine(text, startsLine && !(stripsStart && text.Length == 0));
            if (text.Length > 0)
                tokens.Add(new JinjaToken(TokenKind.Text, text, null, line));
            line += lines;
            at = open;
            if (ends)
                break;
            at += 2 + (sign is '-' or '+' ? 1 : 0);
            int from = at;
            if (kind == '#')
                SkipComment(open);
            else
                ReadInside(kind == '%');
            line += kind == '#' ? source.AsSpan(from, at - from).Count('\n') : 0;
            char last = source[at - 3];
            bool keeps = last is '-' or '+' && at - 3 >= from;
            stripsStart = keeps && last == '-';
            startsLine = false;
            if (!keeps && kind != '{' && at < source.Length && source[at] == '\n')
            {
                at++;
                line++;
                startsLine = true;
            }
        }
        tokens.Add(new JinjaToken(TokenKind.End, "the end of the template", null, line));
    }

    int NextOpening(int from)
    {
        for (int open = from; ; open++)
        {
            open = source.IndexOf('{', open);
            if (open < 0 || open + 1 >= source.Length)
                return source.Length;
            if (source[open + 1] is '{' or '%' or '#')
                return open;
        }
    }

    static string WithoutBlanksOfLine(string text, bool startsLine)
    {
        int lineStart = text.LastIndexOf('\n') + 1;
        return (lineStart > 0 || startsLine) && text.AsSpan(lineStart).IsWhiteSpace() ? text[..lineStart] : text;
    }

    void SkipComment(int open)
    {
        int end = source.IndexOf("#}", at, StringComparison.Ordinal);
        if (end < 0)
            throw new TemplateException("a comment has no '#}'", line);
        at = end + 2;
        _ = open;
    }

    void ReadInside(bool isBlock)
    {
        tokens.Add(new JinjaToken(isBlock ? TokenKind.OpenBlock : TokenKind.OpenOutput, "", null, line));
        string close = isBlock ? "%}" : "}}";
        int braces = 0;
        while (true)
        {
            while (at < source.Length && char.IsWhiteSpace(source[at]))
                line += source[at++] == '\n' ? 1 : 0;
            if (at >= source.Length)
                throw new TemplateException($"'{close}' is missing", line);
            int sign = source[at] is '-' or '+' && At(close, at + 1) ? 1 : 0;
            if (braces == 0 && At(close, at + sign))
            {
                tokens.Add(new JinjaToken(TokenKind.Close, close, null, line));
                at += sign + 2;
                return;
            }
            char first = source[at];
            if (first is '\'' or '"')
            {
                ReadString(first);
            }
            else if (char.IsAsciiDigit(first))
            {
                ReadNumber();
            }
            else if (char.IsLetter(first) || first == '_')
            {
                int start = at;
                while (at < source.Length && (char.IsLetterOrDigit(source[at]) || source[at] == '_'))
                    at++;
                tokens.Add(new JinjaToken(TokenKind.Name, source[start..at], null, line));
            }
            else
            {
                string sort = operators.FirstOrDefault(one => At(one, at))
                    ?? throw new TemplateException($"'{first}' has no meaning here", line);
                braces += sort == "{" ? 1 : sort == "}" ? -1 : 0;
                tokens.Add(new JinjaToken(TokenKind.Operator, sort, null, line));
                at += sort.Length;
            }
        }
    }

    bool At(string text, int place) => string.CompareOrdinal(source, place, text, 0, text.Length) == 0;

    void ReadNumber()
    {
        int start = at;
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || source[at] == '_'))
            at++;
        bool isWhole = true;
        if (at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
        {
            isWhole = false;
            for (at++; at < source.Length && char.IsAsciiDigit(source[at]);)
                at++;
        }
        if (at + 1 < source.Length && source[at] is 'e' or 'E' && (char.IsAsciiDigit(source[at + 1])
            || (at + 2 < source.Length && source[at + 1] is '-' or '+' && char.IsAsciiDigit(source[at + 2]))))
        {
            isWhole = false;
            for (at += 2; at < source.Length && char.IsAsciiDigit(source[at]);)
                at++;
        }
        string text = source[start..at].Replace("_", "", StringComparison.Ordinal);
        object value = isWhole && long.TryParse(text, CultureInfo.InvariantCulture, out long whole) ? (object)whole
            : double.Parse(text, CultureInfo.InvariantCulture);
        tokens.Add(new JinjaToken(TokenKind.Number, text, value, line));
    }

    void ReadString(char quote)
    {
        var text = new StringBuilder();
        int start = line;
        for (at++; ; at++)
        {
            if (at >= source.Length)
                throw new TemplateException("a text has no closing quotation mark", start);
            char letter = source[at];
            if (letter == quote)
                break;
            line += letter == '\n' ? 1 : 0;
            if (letter != '\\' || at + 1 >= source.Length)
            {
                text.Append(letter);
                continue;
            }
            char escape = source[++at];
            switch (escape)
            {
                case 'n': text.Append('\n'); break;
                case 't': text.Append('\t'); break;
                case 'r': text.Append('\r'); break;
                case 'b': text.Append('\b'); break;
                case 'f': text.Append('\f'); break;
                case 'v': text.Append('\v'); break;
                case '\\' or '\'' or '"': text.Append(escape); break;
                case '\n': break;
                case 'x' or 'u' when Code(escape == 'x' ? 2 : 4) is { } code: text.Append((char)code); break;
                default: text.Append('\\').Append(escape); break;
            }
        }
        at++;
        tokens.Add(new JinjaToken(TokenKind.String, text.ToString(), null, start));
    }

    int? Code(int digits)
    {
        if (at + digits >= source.Length || !int.TryParse(
            source.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
            return null;
        at += digits;
        return code;
    }
}
