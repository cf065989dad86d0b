using System.Globalization;
using System.Text;

namespace RLSquared.Language.Templates;

/// <summary>What an undefined name stands for: false, empty, and an error when more is asked of it.</summary>
sealed record Undefined(string Name);

/// <summary>Values that a template may set, made by <c>namespace()</c>.</summary>
sealed class JinjaNamespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>What can be called: a macro or a global function.</summary>
sealed record JinjaFunction(Func<JinjaRun, JinjaArguments, object?> Body);

/// <summary>What <c>loop</c> is within a loop.</summary>
sealed record JinjaLoop(List<object?> Items, int Index)
{
    public object? Member(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)(Items.Count - Index),
        "revindex0" => Items.Count - Index - 1L,
        "first" => Index == 0,
        "last" => Index == Items.Count - 1,
        "length" => (long)Items.Count,
        "previtem" when Index > 0 => Items[Index - 1],
        "nextitem" when Index + 1 < Items.Count => Items[Index + 1],
        _ => new Undefined($"loop.{name}"),
    };
}

/// <summary>Python's rules for values, as far as templates see them.</summary>
static class JinjaValue
{
    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        OrderedDictionary<string, object?> mapping => mapping.Count > 0,
        _ => true,
    };

    /// <summary>Python's <c>str()</c>.</summary>
    public static string Text(object? value) => value switch
    {
        string text => text,
        Undefined => "",
        _ => Shown(value, 0),
    };

    // Python's repr().
    static string Shown(object? value, int depth) => depth > 64 ? "…" : value switch
    {
        null => "None",
        bool flag => flag ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => Number(number),
        string text => Quoted(text),
        List<object?> list => $"[{string.Join(", ", list.Select(item => Shown(item, depth + 1)))}]",
        OrderedDictionary<string, object?> mapping => "{" + string.Join(", ", mapping.Select(member =>
            $"{Quoted(member.Key)}: {Shown(member.Value, depth + 1)}")) + "}",
        Undefined => "Undefined",
        JinjaNamespace => "<Namespace>",
        JinjaFunction => "<function>",
        _ => "<loop>",
    };

    static string Quoted(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var shown = new StringBuilder(text.Length + 2).Append(quote);
        foreach (char letter in text)
        {
            _ = letter switch
            {
                '\n' => shown.Append("\\n"),
                '\r' => shown.Append("\\r"),
                '\t' => shown.Append("\\t"),
                '\\' => shown.Append("\\\\"),
                < ' ' or '\u007F' => shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}"),
                _ when letter == quote => shown.Append('\\').Append(letter),
                _ => shown.Append(letter),
            };
        }
        return shown.Append(quote).ToString();
    }

    /// <summary>A number as Python writes it: 1.0, 1e-05, 1e+16.</summary>
    public static string Number(double number)
    {
        if (!double.IsFinite(number))
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        // The shortest digits that mean this number, and the power of ten of the first of them.
        string[] shortest = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture).Split('E');
        int point = shortest[0].IndexOf('.');
        string plain = shortest[0].Replace(".", "", StringComparison.Ordinal), digits = plain.TrimStart('0');
        int exponent = (point < 0 ? shortest[0].Length : point) - 1 - (plain.Length - digits.Length)
            + (shortest.Length > 1 ? int.Parse(shortest[1], CultureInfo.InvariantCulture) : 0);
        digits = digits.TrimEnd('0');
        if (digits.Length == 0)
            (digits, exponent) = ("0", 0);
        string sign = double.IsNegative(number) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string mantissa = digits.Length > 1 ? $"{digits[0]}.{digits[1..]}" : digits;
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        digits = exponent < 0 ? new string('0', -exponent) + digits : digits.PadRight(exponent + 1, '0');
        int whole = Math.Max(exponent, 0) + 1;
        return $"{sign}{digits[..whole]}.{(digits.Length > whole ? digits[whole..] : "0")}";
    }

    /// <summary>What a loop goes over.</summary>
    public static List<object?> Items(object? value, int line) => value switch
    {
        List<object?> list => list,
        OrderedDictionary<string, object?> mapping => [.. mapping.Keys],
        string text => [.. text.EnumerateRunes().Select(rune => rune.ToString())],
        Undefined => [],
        _ => throw new TemplateException($"{Kind(value)} is nothing that a loop could go over", line),
    };

    public static string Kind(object? value) => value switch
    {
        null => "none",
        bool => "a truth value",
        long or double => "a number",
        string => "a text",
        List<object?> => "a list",
        OrderedDictionary<string, object?> => "a mapping",
        Undefined missing => $"'{missing.Name}', which is undefined,",
        JinjaFunction => "a function",
        JinjaNamespace => "a namespace",
        _ => "the loop",
    };

    // ---- parts
    // --------------------------------------------------------------------------------------------------------

    public static object? Member(object? target, object? key, int line) => (target, key) switch
    {
        (Undefined missing, _) => throw new TemplateException(
            $"'{missing.Name}' is undefined, so it has no '{Text(key)}'", line),
        (OrderedDictionary<string, object?> mapping, string name) =>
            mapping.TryGetValue(name, out object? value) ? value : new Undefined(name),
        (JinjaNamespace space, string name) =>
            space.Values.TryGetValue(name, out object? value) ? value : new Undefined(name),
        (JinjaLoop loop, string name) => loop.Member(name),
        (List<object?> list, long or bool) => Whole(key) is var index && index < 0 ? At(list, index + list.Count)
            : At(list, Whole(key)),
        (string text, long or bool) => Items(text, line) is var letters && Whole(key) is var index && index < 0
            ? At(letters, index + letters.Count) : At(Items(text, line), Whole(key)),
        _ => new Undefined(Text(key)),
    };

    static object? At(List<object?> list, long index) =>
        index >= 0 && index < list.Count ? list[(int)index] : new Undefined($"item {index}");

    static long Whole(object? value) => value is bool flag ? flag ? 1 : 0 : value is long number ? number : 0;

    /// <summary>Python's slices of lists and texts.</summary>
    public static object? Slice(object? target, object? start, object? stop, object? step, int line)
    {
        List<object?> items = target is string or List<object?> ? Items(target, line)
            : throw new TemplateException($"{Kind(target)} has no slices", line);
        if (new[] { start, stop, step }.Any(part => part is not (null or long)))
            throw new TemplateException("a slice has bounds that are no whole numbers", line);
        long stride = (long?)step ?? 1;
        if (stride == 0)
            throw new TemplateException("a slice has the step 0", line);
        long count = items.Count, low = stride > 0 ? 0 : -1, high = stride > 0 ? count : count - 1;
        long first = Bound(start, stride > 0 ? low : high), end = Bound(stop, stride > 0 ? high : low);
        List<object?> found = [];
        for (long i = first; stride > 0 ? i < end : i > end; i += stride)
            found.Add(items[(int)i]);
        return target is string ? string.Concat(found) : found;

        long Bound(object? given, long otherwise) => given is not long bound ? otherwise
            : Math.Clamp(bound < 0 && bound >= -count ? bound + count : bound < 0 ? low : bound, low, high);
    }

    public static long Length(object? value, int line) => value switch
    {
        string text => text.EnumerateRunes().Count(),
        List<object?> list => list.Count,
        OrderedDictionary<string, object?> mapping => mapping.Count,
        Undefined => 0,
        _ => throw new TemplateException($"{Kind(value)} has no length", line),
    };

    // ---- operators
    // ----------------------------------------------------------------------------------------------------

    public static bool Compare(string sort, object? left, object? right, int line) => sort switch
    {
        "==" => AreEqual(left, right),
        "!=" => !AreEqual(left, right),
        "in" => Contains(right, left, line),
        "not in" => !Contains(right, left, line),
        _ => Order(left, right, line) is var order && sort switch
        {
            "<" => order < 0,
            ">" => order > 0,
            "<=" => order <= 0,
            _ => order >= 0,
        },
    };

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (bool or long or double, bool or long or double) => Real(left) == Real(right),
        (List<object?> a, List<object?> b) => a.Count == b.Count
            && a.Zip(b).All(two => AreEqual(two.First, two.Second)),
        (OrderedDictionary<string, object?> a, OrderedDictionary<string, object?> b) => a.Count == b.Count
            && a.All(member => b.TryGetValue(member.Key, out object? other) && AreEqual(member.Value, other)),
        (Undefined, Undefined) => true,
        _ => Equals(left, right),
    };

    static bool Contains(object? whole, object? part, int line) => whole switch
    {
        string text when part is string letters => text.Contains(letters, StringComparison.Ordinal),
        List<object?> list => list.Exists(item => AreEqual(item, part)),
        OrderedDictionary<string, object?> mapping => part is string name && mapping.ContainsKey(name),
        Undefined => false,
        _ => throw new TemplateException($"{Kind(whole)} cannot have {Kind(part)} in it", line),
    };

    public static int Order(object? left, object? right, int line) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (bool or long or double, bool or long or double) => Real(left).CompareTo(Real(right)),
        _ => throw new TemplateException($"{Kind(left)} and {Kind(right)} have no order", line),
    };

    public static double Real(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        double number => number,
        _ => double.NaN,
    };

    public static object Signed(object? value, bool isMinus, int line) => value switch
    {
        bool or long => (object)(isMinus ? unchecked(-Whole(value)) : Whole(value)),
        double number => isMinus ? -number : number,
        _ => throw new TemplateException($"{Kind(value)} has no sign", line),
    };

    public static object? Operate(JinjaRun run, string sort, object? left, object? right, int line)
    {
        if (sort == "~")
            return Joined(run, Text(left), Text(right));
        if (left is string first && right is string second && sort == "+")
            return Joined(run, first, second);
        if (left is List<object?> before && right is List<object?> after && sort == "+")
        {
            run.Require(before.Count + (long)after.Count);
            return (List<object?>)[.. before, .. after];
        }
        if (left is string pattern && right is long times && sort == "*")
        {
            run.Require(pattern.Length * Math.Max(0, Math.Min(times, int.MaxValue)));
            return string.Concat(Enumerable.Repeat(pattern, (int)Math.Max(0, pattern.Length == 0 ? 0 : times)));
        }
        if (left is bool or long && right is bool or long)
            return Integers(sort, Whole(left), Whole(right), line);
        if (left is bool or long or double && right is bool or long or double)
            return Reals(sort, Real(left), Real(right), line);
        throw new TemplateException($"{Kind(left)} {sort} {Kind(right)} is not possible", line);
    }

    static string Joined(JinjaRun run, string first, string second)
    {
        run.Require(first.Length + (long)second.Length);
        return first + second;
    }

    static object Integers(string sort, long a, long b, int line)
    {
        if (b == 0 && (sort is "/" or "//" or "%"))
            throw new TemplateException("a number is divided by 0", line);
        try
        {
            return sort switch
            {
                "+" => (object)checked(a + b),             // else all would become the widest kind, double
                "-" => checked(a - b),
                "*" => checked(a * b),
                "//" => checked(a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0)),
                "%" => b == -1 ? 0L : (a % b + b) % b,
                "**" when b is >= 0 and < 64 => Power(a, b),
                "**" => Math.Pow(a, b),
                _ => (double)a / b,
            };
        }
        catch (OverflowException)
        {
            throw new TemplateException($"{a} {sort} {b} is beyond 64 bits", line);
        }
    }

    static long Power(long number, long times)
    {
        long power = 1;
        for (; times > 0; times--)
            power = checked(power * number);
        return power;
    }

    static double Reals(string sort, double a, double b, int line) => sort switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "**" => Math.Pow(a, b),
        _ when b == 0 => throw new TemplateException("a number is divided by 0", line),
        "/" => a / b,
        "//" => Math.Floor(a / b),
        _ => a - b * Math.Floor(a / b),
    };
}
