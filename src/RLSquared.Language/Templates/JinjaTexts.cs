using System.Buffers;
using System.Text;

namespace RLSquared.Language.Templates;

/// <summary>Python's methods of texts, some of which are filters too.</summary>
static class JinjaTexts
{
    static readonly SearchValues<char> blanks = SearchValues.Create(
        [.. Enumerable.Range(0, 0x3001).Select(code => (char)code).Where(IsBlank)]);

    /// <summary>The methods that are also filters: <c>x|trim</c> is <c>x.strip()</c>.</summary>
    public static readonly HashSet<string> Filters =
        new(StringComparer.Ordinal) { "trim", "upper", "lower", "capitalize", "title", "replace", "indent", "split" };

    public static object? Method(JinjaScope scope, string text, string name, JinjaArguments arguments, int line)
    {
        return name switch
        {
            "strip" => Stripped(text, Argument(0, "chars"), true, true),
            "lstrip" => Stripped(text, Argument(0, "chars"), true, false),
            "rstrip" => Stripped(text, Argument(0, "chars"), false, true),
            "startswith" => Any(arguments.Get(0, "prefix"), part => text.StartsWith(part, StringComparison.Ordinal)),
            "endswith" => Any(arguments.Get(0, "suffix"), part => text.EndsWith(part, StringComparison.Ordinal)),
            "removeprefix" => text.StartsWith(Needed(0), StringComparison.Ordinal) ? text[Needed(0).Length..] : text,
            "removesuffix" => Needed(0).Length > 0 && text.EndsWith(Needed(0), StringComparison.Ordinal)
                ? text[..^Needed(0).Length] : text,
            "split" => Split(text, Argument(0, "sep"), Count(1, "maxsplit"), fromEnd: false, line),
            "rsplit" => Split(text, Argument(0, "sep"), Count(1, "maxsplit"), fromEnd: true, line),
            "splitlines" => Lines(text),
            "upper" => text.ToUpperInvariant(),
            "lower" => text.ToLowerInvariant(),
            "capitalize" => Capital(text),
            "title" => Title(text),
            "replace" => Replace(scope, text, Needed(0), Needed(1), Count(2, "count"), line),
            "join" => JinjaLibrary.Filter(
                scope, "join", arguments.Get(0, "iterable"), new JinjaArguments([text], []), line),
            "find" => (long)text.IndexOf(Needed(0), StringComparison.Ordinal),
            "rfind" => (long)text.LastIndexOf(Needed(0), StringComparison.Ordinal),
            "count" => (long)(Needed(0).Length == 0 ? text.Length + 1
                : Split(text, Needed(0), -1, fromEnd: false, line).Count - 1),
            "isdigit" => text.Length > 0 && text.All(char.IsDigit),
            "isalpha" => text.Length > 0 && text.All(char.IsLetter),
            "isalnum" => text.Length > 0 && text.All(char.IsLetterOrDigit),
            "isspace" => text.Length > 0 && text.All(IsBlank),
            "isupper" => text.Any(char.IsUpper) && !text.Any(char.IsLower),
            "islower" => text.Any(char.IsLower) && !text.Any(char.IsUpper),
            "indent" => Indented(scope, text, arguments),
            _ => throw new TemplateException($"a text has no method '{name}' that is known", line),
        };

        string? Argument(int place, string named) => arguments.Get(place, named) switch
        {
            null => null,
            string given => given,
            var other => throw new TemplateException($"'{name}' wants a text, not {JinjaValue.Kind(other)}", line),
        };

        string Needed(int place) => arguments.Get(place, place == 0 ? "old" : "new") switch
        {
            string given => given,
            var other => throw new TemplateException($"'{name}' wants a text, not {JinjaValue.Kind(other)}", line),
        };

        long Count(int place, string named) => arguments.Get(place, named) is long count ? count : -1;
    }

    static bool Any(object? parts, Func<string, bool> holds) =>
        parts is List<object?> list ? list.Exists(part => part is string text && holds(text))
            : parts is string one && holds(one);

    static string Stripped(string text, string? letters, bool start, bool end)
    {
        if (letters is { Length: 0 })
            return text;
        int from = 0, to = text.Length;
        while (start && from < to && Goes(text[from]))
            from++;
        while (end && to > from && Goes(text[to - 1]))
            to--;
        return text[from..to];

        bool Goes(char letter) => letters is null ? IsBlank(letter) : letters.Contains(letter);
    }

    // Python's white space has four separators more than .NET's.
    static bool IsBlank(char letter) => char.IsWhiteSpace(letter) || letter is >= '\u001C' and <= '\u001F';

    static List<object?> Split(string text, string? separator, long most, bool fromEnd, int line)
    {
        if (separator is { Length: 0 })
            throw new TemplateException("a text cannot be split at nothing", line);
        List<object?> parts = [];
        if (separator is null)
        {
            SplitAtBlanks(text, most, fromEnd, parts);
        }
        else
        {
            int from = 0, end = text.Length;
            while (most < 0 || parts.Count < most)
            {
                int place = fromEnd ? text.AsSpan(0, end).LastIndexOf(separator)
                    : text.IndexOf(separator, from, StringComparison.Ordinal);
                if (place < 0)
                    break;
                parts.Add(fromEnd ? text[(place + separator.Length)..end] : text[from..place]);
                (from, end) = fromEnd ? (0, place) : (place + separator.Length, end);
            }
            parts.Add(text[from..end]);
        }
        if (fromEnd)
            parts.Reverse();
        return parts;
    }

    static void SplitAtBlanks(string text, long most, bool fromEnd, List<object?> parts)
    {
        string rest = Stripped(text, null, true, true);
        while (rest.Length > 0)
        {
            int place = most >= 0 && parts.Count >= most ? -1
                : fromEnd ? rest.AsSpan().LastIndexOfAny(blanks) : rest.AsSpan().IndexOfAny(blanks);
            parts.Add(place < 0 ? rest : fromEnd ? rest[(place + 1)..] : rest[..place]);
            rest = place < 0 ? "" : Stripped(fromEnd ? rest[..place] : rest[place..], null, !fromEnd, fromEnd);
        }
        if (parts is [.., string last] && most >= 0)               // Python keeps the blanks at the far end of a rest
        {
            bool isRest = parts.Count == most + 1;
            parts[^1] = !isRest ? last : fromEnd ? text[..(text.IndexOf(last, StringComparison.Ordinal) + last.Length)]
                : text[text.LastIndexOf(last, StringComparison.Ordinal)..];
        }
    }

    static List<object?> Lines(string text)
    {
        List<object?> lines = [.. text.ReplaceLineEndings("\n").Split('\n')];
        if (lines[^1] is "")
            lines.RemoveAt(lines.Count - 1);
        return lines;
    }

    static string Capital(string text) =>
        text.Length == 0 ? text : text[..1].ToUpperInvariant() + text[1..].ToLowerInvariant();

    static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        foreach (char letter in text)
        {
            bool goesOn = title.Length > 0 && char.IsLetter(title[^1]);
            title.Append(goesOn ? char.ToLowerInvariant(letter) : char.ToUpperInvariant(letter));
        }
        return title.ToString();
    }

    static string Replace(JinjaScope scope, string text, string old, string now, long most, int line)
    {
        if (old.Length == 0)
            throw new TemplateException("nothing cannot be replaced by something", line);
        List<object?> parts = Split(text, old, most, fromEnd: false, line);
        scope.Run.Require(text.Length + (parts.Count - 1L) * now.Length);
        return string.Join(now, parts);
    }

    static string Indented(JinjaScope scope, string text, JinjaArguments arguments)
    {
        string blanks = arguments.Get(0, "width", 4L) is long width ? new string(' ', (int)Math.Clamp(width, 0, 64))
            : JinjaValue.Text(arguments.Get(0, "width"));
        bool first = JinjaValue.IsTrue(arguments.Get(1, "first", false));
        bool blank = JinjaValue.IsTrue(arguments.Get(2, "blank", false));
        string[] lines = text.Split('\n');
        scope.Run.Require(text.Length + (long)lines.Length * blanks.Length);
        return string.Join('\n', lines.Select((line, i) =>
            (i == 0 && !first) || (i > 0 && line.Length == 0 && !blank) ? line : blanks + line));
    }
}
