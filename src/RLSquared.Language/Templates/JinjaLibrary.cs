using System.Globalization;
using System.Text;

namespace RLSquared.Language.Templates;

/// <summary>
/// The functions, filters, tests and methods of templates. To add one: a line in its table. Nothing here changes a
/// value that it was given, as in the sandbox of Hugging Face.
/// </summary>
static class JinjaLibrary
{
    const int LongestRange = 100_000;

    delegate object? Filtering(JinjaScope scope, object? value, JinjaArguments arguments, int line);

    delegate bool Testing(object? value, JinjaArguments arguments, int line);

    // ---- functions
    // ----------------------------------------------------------------------------------------------------

    public static void AddGlobals(JinjaScope scope)
    {
        scope.Set("namespace", new JinjaFunction(static (_, arguments) =>
        {
            var space = new JinjaNamespace();
            foreach ((string name, object? value) in arguments.Named)
                space.Values[name] = value;
            return space;
        }));
        scope.Set("dict", new JinjaFunction(static (_, arguments) =>
        {
            var mapping = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
            foreach ((string name, object? value) in arguments.Named)
                mapping[name] = value;
            return mapping;
        }));
        scope.Set("range", new JinjaFunction(Range));
        scope.Set("raise_exception", new JinjaFunction(static (_, arguments) =>
            throw TemplateException.Raised(JinjaValue.Text(arguments.Get(0, "message", "the template raises")))));
    }

    /// <summary><c>strftime_now</c>: a moment in Python's format.</summary>
    public static JinjaFunction Moment(DateTimeOffset now) => new((run, arguments) =>
    {
        var text = new StringBuilder();
        string format = JinjaValue.Text(arguments.Get(0, "format", "%Y-%m-%d"));
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || ++i == format.Length)
            {
                text.Append(format[Math.Min(i, format.Length - 1)]);
                continue;
            }
            string? net = format[i] switch
            {
                'd' => "dd",
                'm' => "MM",
                'b' => "MMM",
                'B' => "MMMM",
                'y' => "yy",
                'Y' => "yyyy",
                'H' => "HH",
                'I' => "hh",
                'M' => "mm",
                'S' => "ss",
                'p' => "tt",
                'a' => "ddd",
                'A' => "dddd",
                'f' => "ffffff",
                'F' => "yyyy-MM-dd",
                'T' => "HH:mm:ss",
                _ => null,
            };
            _ = format[i] == 'j' ? text.Append(CultureInfo.InvariantCulture, $"{now.DayOfYear:000}")
                : net is not null ? text.Append(now.ToString(net, CultureInfo.InvariantCulture))
                : text.Append(format[i] == '%' ? "%" : $"%{format[i]}");
        }
        return text.ToString();
    });

    static List<object?> Range(JinjaRun run, JinjaArguments arguments)
    {
        long[] bounds = [.. arguments.Places.Select(one => one is long bound ? bound
            : throw new TemplateException($"range() wants whole numbers, not {JinjaValue.Kind(one)}"))];
        (long start, long stop, long step) = bounds switch
        {
            [var end] => (0, end, 1),
            [var begin, var end] => (begin, end, 1),
            [var begin, var end, not 0] => (begin, end, bounds[2]),
            _ => throw new TemplateException("range() wants one to three numbers and no step of 0"),
        };
        var count = (Int128)(step > 0 ? (Int128)stop - start + step - 1 : (Int128)stop - start + step + 1) / step;
        if (count > LongestRange)
            throw new TemplateException($"range() is longer than {LongestRange}");
        List<object?> numbers = [];
        for (long i = 0; i < count; i++)
            numbers.Add(start + i * step);
        run.Step();
        return numbers;
    }

    public static object? Call(JinjaScope scope, object? target, JinjaArguments arguments, int line)
    {
        if (target is not JinjaFunction function)
            throw new TemplateException($"{JinjaValue.Kind(target)} cannot be called", line);
        return function.Body(scope.Run, arguments);
    }

    // ---- methods
    // ------------------------------------------------------------------------------------------------------

    public static object? CallMethod(
        JinjaScope scope, object? target, string name, JinjaArguments arguments, int line)
    {
        return target switch
        {
            string text => JinjaTexts.Method(scope, text, name, arguments, line),
            OrderedDictionary<string, object?> mapping => OfMapping(scope, mapping, name, arguments, line),
            List<object?> list when name == "index" => (long)list.FindIndex(
                item => JinjaValue.AreEqual(item, arguments.Get(0, "value"))),
            List<object?> list when name == "count" => (long)list.Count(
                item => JinjaValue.AreEqual(item, arguments.Get(0, "value"))),
            JinjaLoop loop when name == "cycle" && arguments.Places.Count > 0 =>
                arguments.Places[loop.Index % arguments.Places.Count],
            JinjaNamespace => Call(scope, JinjaValue.Member(target, name, line), arguments, line),
            _ => throw new TemplateException($"{JinjaValue.Kind(target)} has no method '{name}'", line),
        };
    }

    static object? OfMapping(
        JinjaScope scope, OrderedDictionary<string, object?> mapping, string name, JinjaArguments arguments,
        int line) => name switch
        {
            "items" => Pairs(mapping),
            "keys" => mapping.Keys.Cast<object?>().ToList(),
            "values" => mapping.Values.ToList(),
            "get" => mapping.TryGetValue(JinjaValue.Text(arguments.Get(0, "key")), out object? value) ? value
                : arguments.Get(1, "default"),
            "copy" => mapping,
            _ when mapping.TryGetValue(name, out object? member) => Call(scope, member, arguments, line),
            _ => throw new TemplateException($"a mapping has no method '{name}' that a template may call", line),
        };

    static List<object?> Pairs(OrderedDictionary<string, object?> mapping) =>
        [.. mapping.Select(member => (object?)new List<object?> { member.Key, member.Value })];

    // ---- filters
    // ------------------------------------------------------------------------------------------------------

    static readonly Dictionary<string, Filtering> filters = new(StringComparer.Ordinal)
    {
        ["length"] = static (_, value, _, line) => JinjaValue.Length(value, line),
        ["count"] = static (_, value, _, line) => JinjaValue.Length(value, line),
        ["string"] = static (_, value, _, _) => JinjaValue.Text(value),
        ["safe"] = static (_, value, _, _) => value,
        ["default"] = Default,
        ["d"] = Default,
        ["tojson"] = static (scope, value, arguments, line) => JinjaJson.Text(scope.Run, value,
            arguments.Get(0, "indent") is long blanks ? (int)Math.Clamp(blanks, 0, 16) : null, line),
        ["items"] = static (_, value, _, line) => value is OrderedDictionary<string, object?> mapping ? Pairs(mapping)
            : value is Undefined ? new List<object?>()
            : throw new TemplateException($"{JinjaValue.Kind(value)} has no items", line),
        ["dictsort"] = static (_, value, _, line) => value is OrderedDictionary<string, object?> mapping
            ? Pairs(new(mapping.OrderBy(member => member.Key.ToUpperInvariant(), StringComparer.Ordinal)))
            : throw new TemplateException($"{JinjaValue.Kind(value)} has no items", line),
        ["join"] = static (scope, value, arguments, line) => Join(scope, value, arguments, line),
        ["list"] = static (_, value, _, line) => new List<object?>(JinjaValue.Items(value, line)),
        ["first"] = static (_, value, _, line) => JinjaValue.Items(value, line) is [var first, ..] ? first
            : new Undefined("the first of nothing"),
        ["last"] = static (_, value, _, line) => JinjaValue.Items(value, line) is [.., var last] ? last
            : new Undefined("the last of nothing"),
        ["reverse"] = static (_, value, _, line) => value is string ? JinjaValue.Slice(value, null, null, -1L, line)
            : JinjaValue.Items(value, line).AsEnumerable().Reverse().ToList(),
        ["unique"] = static (_, value, _, line) => JinjaValue.Items(value, line).Aggregate(new List<object?>(),
            static (kept, item) =>
            {
                if (!kept.Exists(other => JinjaValue.AreEqual(other, item)))
                    kept.Add(item);
                return kept;
            }),
        ["sort"] = Sort,
        ["sum"] = static (scope, value, _, line) => JinjaValue.Items(value, line).Aggregate((object?)0L,
            (sum, item) => JinjaValue.Operate(scope.Run, "+", sum, item, line)),
        ["min"] = static (_, value, _, line) => Extreme(value, -1, line),
        ["max"] = static (_, value, _, line) => Extreme(value, 1, line),
        ["abs"] = static (_, value, _, line) => JinjaValue.Real(value) < 0
            ? JinjaValue.Signed(value, isMinus: true, line) : value,
        ["int"] = static (_, value, arguments, _) => value switch
        {
            bool or long => (long)JinjaValue.Real(value),
            double number when Math.Abs(number) < 9e18 => (long)number,
            string text when long.TryParse(text, CultureInfo.InvariantCulture, out long number) => number,
            _ => arguments.Get(0, "default", 0L),
        },
        ["float"] = static (_, value, arguments, _) => value switch
        {
            bool or long or double => JinjaValue.Real(value),
            string text when double.TryParse(text, CultureInfo.InvariantCulture, out double number) => number,
            _ => arguments.Get(0, "default", 0.0),
        },
        ["map"] = static (scope, value, arguments, line) => JinjaValue.Items(value, line).ConvertAll(item =>
            arguments.Places.Count == 0 && arguments.Find(0, "attribute", out object? attribute)
                ? Attribute(item, attribute, line) is var found && found is Undefined
                    ? arguments.Get(int.MaxValue, "default", found) : found
                : Filter(scope, JinjaValue.Text(arguments.Get(0, "filter")), item, Rest(arguments, 1), line)),
        ["select"] = static (_, value, arguments, line) => Chosen(value, arguments, 0, true, line),
        ["reject"] = static (_, value, arguments, line) => Chosen(value, arguments, 0, false, line),
        ["selectattr"] = static (_, value, arguments, line) => Chosen(value, arguments, 1, true, line),
        ["rejectattr"] = static (_, value, arguments, line) => Chosen(value, arguments, 1, false, line),
    };

    public static void RequireFilter(string name, int line)
    {
        if (!filters.ContainsKey(name) && !JinjaTexts.Filters.Contains(name))
        {
            IEnumerable<string> known = filters.Keys.Concat(JinjaTexts.Filters);
            throw new TemplateException($"'{name}' is no filter that is known{Suggestions.Ask(name, known)}", line);
        }
    }

    public static object? Filter(JinjaScope scope, string name, object? value, JinjaArguments arguments, int line)
    {
        RequireFilter(name, line);
        return filters.TryGetValue(name, out Filtering? filter) ? filter(scope, value, arguments, line)
            : JinjaTexts.Method(scope, JinjaValue.Text(value), name == "trim" ? "strip" : name, arguments, line);
    }

    static object? Default(JinjaScope scope, object? value, JinjaArguments arguments, int line) =>
        value is Undefined || (JinjaValue.IsTrue(arguments.Get(1, "boolean", false)) && !JinjaValue.IsTrue(value))
            ? arguments.Get(0, "default_value", "") : value;

    static string Join(JinjaScope scope, object? value, JinjaArguments arguments, int line)
    {
        string between = JinjaValue.Text(arguments.Get(0, "d", ""));
        bool hasAttribute = arguments.Find(1, "attribute", out object? attribute);
        var text = new StringBuilder();
        foreach (object? item in JinjaValue.Items(value, line))
        {
            if (text.Length > 0 || item != JinjaValue.Items(value, line)[0])
                text.Append(between);
            text.Append(JinjaValue.Text(hasAttribute ? Attribute(item, attribute, line) : item));
            scope.Run.Require(text.Length);
        }
        return text.ToString();
    }

    static object? Attribute(object? item, object? attribute, int line) =>
        attribute is string path && path.Contains('.')
            ? path.Split('.').Aggregate(item, (value, name) => JinjaValue.Member(value, name, line))
        : JinjaValue.Member(item, attribute, line);

    static List<object?> Sort(JinjaScope scope, object? value, JinjaArguments arguments, int line)
    {
        bool isReversed = JinjaValue.IsTrue(arguments.Get(0, "reverse", false));
        bool minds = JinjaValue.IsTrue(arguments.Get(1, "case_sensitive", false));
        var order = Comparer<object?>.Create((a, b) => JinjaValue.Order(a, b, line));
        List<object?> items = JinjaValue.Items(value, line);
        return [.. isReversed ? items.OrderByDescending(Key, order) : items.OrderBy(Key, order)];

        object? Key(object? item)
        {
            object? key = arguments.Find(2, "attribute", out object? attribute)
                ? Attribute(item, attribute, line) : item;
            return key is string text && !minds ? text.ToLowerInvariant() : key;
        }
    }

    static object? Extreme(object? value, int sign, int line)
    {
        List<object?> items = JinjaValue.Items(value, line);
        return items.Count == 0 ? new Undefined("an extreme of nothing") : items.Aggregate((best, item) =>
            sign * JinjaValue.Order(item, best, line) > 0 ? item : best);
    }

    static List<object?> Chosen(object? value, JinjaArguments arguments, int attributes, bool wanted, int line)
    {
        return JinjaValue.Items(value, line).FindAll(item =>
        {
            object? tested = attributes == 1 ? Attribute(item, arguments.Get(0, "attribute"), line) : item;
            return (arguments.Places.Count == attributes ? JinjaValue.IsTrue(tested)
                : Test(JinjaValue.Text(arguments.Places[attributes]), tested, Rest(arguments, attributes + 1), line))
                == wanted;
        });
    }

    static JinjaArguments Rest(JinjaArguments arguments, int from) =>
        new([.. arguments.Places.Skip(from)], arguments.Named);

    // ---- tests
    // --------------------------------------------------------------------------------------------------------

    static readonly Dictionary<string, Testing> tests = new(StringComparer.Ordinal)
    {
        ["defined"] = static (value, _, _) => value is not Undefined,
        ["undefined"] = static (value, _, _) => value is Undefined,
        ["none"] = static (value, _, _) => value is null,
        ["string"] = static (value, _, _) => value is string,
        ["mapping"] = static (value, _, _) => value is OrderedDictionary<string, object?>,
        ["sequence"] = static (value, _, _) => value is string or List<object?> or OrderedDictionary<string, object?>,
        ["iterable"] = static (value, _, _) =>
            value is string or List<object?> or OrderedDictionary<string, object?> or Undefined,
        ["number"] = static (value, _, _) => value is bool or long or double,
        ["integer"] = static (value, _, _) => value is long,
        ["float"] = static (value, _, _) => value is double,
        ["boolean"] = static (value, _, _) => value is bool,
        ["true"] = static (value, _, _) => value is true,
        ["false"] = static (value, _, _) => value is false,
        ["callable"] = static (value, _, _) => value is JinjaFunction,
        ["odd"] = static (value, _, _) => value is long number && number % 2 != 0,
        ["even"] = static (value, _, _) => value is long number && number % 2 == 0,
        ["divisibleby"] = static (value, arguments, _) =>
            value is long number && arguments.Get(0, "num") is long by and not 0 && number % by == 0,
        ["lower"] = static (value, _, _) => value is string text && text.Any(char.IsLower) && !text.Any(char.IsUpper),
        ["upper"] = static (value, _, _) => value is string text && text.Any(char.IsUpper) && !text.Any(char.IsLower),
        ["in"] = static (value, arguments, line) => JinjaValue.Compare("in", value, arguments.Get(0, "seq"), line),
        ["eq"] = Comparing("=="),
        ["equalto"] = Comparing("=="),
        ["ne"] = Comparing("!="),
        ["lt"] = Comparing("<"),
        ["le"] = Comparing("<="),
        ["gt"] = Comparing(">"),
        ["ge"] = Comparing(">="),
        ["lessthan"] = Comparing("<"),
        ["greaterthan"] = Comparing(">"),
        ["=="] = Comparing("=="),
        ["!="] = Comparing("!="),
        ["<"] = Comparing("<"),
        [">"] = Comparing(">"),
    };

    static Testing Comparing(string sort) => (value, arguments, line) =>
        JinjaValue.Compare(sort, value, arguments.Get(0, "other"), line);

    public static void RequireTest(string name, int line)
    {
        if (!tests.ContainsKey(name))
            throw new TemplateException($"'{name}' is no test that is known{Suggestions.Ask(name, tests.Keys)}", line);
    }

    public static bool Test(string name, object? value, JinjaArguments arguments, int line)
    {
        RequireTest(name, line);
        return tests[name](value, arguments, line);
    }
}
