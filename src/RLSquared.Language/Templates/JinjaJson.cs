using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RLSquared.Language.Templates;

/// <summary>Values of templates from JSON and to JSON.</summary>
public static class JinjaJson
{
    const int Deepest = 64;

    /// <summary>
    /// A JSON value as templates see it: long and double, string, lists (<see cref="List{T}"/> of object) and mappings
    /// (<see cref="OrderedDictionary{TKey, TValue}"/>). Numbers with a point or an exponent stay such: 1.0 is 1.0.
    /// </summary>
    public static object? Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => !json.GetRawText().AsSpan().ContainsAny('.', 'e', 'E')
            && json.TryGetInt64(out long whole) ? (object)whole : json.GetDouble(),
        JsonValueKind.Array => json.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.Object => Mapping(json),
        _ => null,
    };

    static OrderedDictionary<string, object?> Mapping(JsonElement json)
    {
        var mapping = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonProperty member in json.EnumerateObject())
            mapping[member.Name] = Value(member.Value);
        return mapping;
    }

    /// <summary>JSON as Python's <c>json.dumps(value, ensure_ascii=False)</c> writes it.</summary>
    /// <param name="run">Whose limits count.</param>
    /// <param name="value">The value.</param>
    /// <param name="indent">Blanks for each level, or null for one line.</param>
    /// <param name="line">The line of the template.</param>
    internal static string Text(JinjaRun run, object? value, int? indent, int line)
    {
        var json = new StringBuilder();
        Write(run, json, value, indent, 0, line);
        return json.ToString();
    }

    static void Write(JinjaRun run, StringBuilder json, object? value, int? indent, int depth, int line)
    {
        run.Step();
        run.Require(json.Length);
        if (depth > Deepest)
            throw new TemplateException($"a value has more than {Deepest} levels", line);
        switch (value)
        {
            case null:
                json.Append("null");
                break;
            case bool flag:
                json.Append(flag ? "true" : "false");
                break;
            case double.NaN or double.PositiveInfinity or double.NegativeInfinity:
                json.Append(double.IsNaN((double)value) ? "NaN" : (double)value > 0 ? "Infinity" : "-Infinity");
                break;
            case long or double:
                json.Append(JinjaValue.Text(value));
                break;
            case string text:
                Quote(json, text);
                break;
            case List<object?> list:
                Group('[', ']', list.Count, i => Write(run, json, list[i], indent, depth + 1, line));
                break;
            case OrderedDictionary<string, object?> mapping:
                Group('{', '}', mapping.Count, i =>
                {
                    Quote(json, mapping.GetAt(i).Key);
                    json.Append(": ");
                    Write(run, json, mapping.GetAt(i).Value, indent, depth + 1, line);
                });
                break;
            default:
                throw new TemplateException($"{JinjaValue.Kind(value)} cannot be written as JSON", line);
        }

        void Group(char open, char close, int count, Action<int> write)
        {
            json.Append(open);
            for (int i = 0; i < count; i++)
            {
                if (i > 0)
                    json.Append(indent is null ? ", " : ",");
                Break(depth + 1);
                write(i);
            }
            if (count > 0)
                Break(depth);
            json.Append(close);
        }

        void Break(int level)
        {
            if (indent is { } blanks)
                json.Append('\n').Append(' ', blanks * level);
        }
    }

    static void Quote(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (char letter in text)
        {
            _ = letter switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => json.Append(letter),
            };
        }
        json.Append('"');
    }
}
