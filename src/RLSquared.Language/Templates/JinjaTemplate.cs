using System.Diagnostics;
using System.Text;

namespace RLSquared.Language.Templates;

delegate object? Expression(JinjaScope scope);

delegate Flow Statement(JinjaScope scope);

/// <summary>How a statement ends: the next one follows, or the loop around it ends or goes on.</summary>
enum Flow { Next, Break, Continue }

/// <summary>
/// A template in the part of Jinja that chat templates use, with white space as Hugging Face sets it (blocks take their
/// line with them): <c>if</c>, <c>for</c> with filters, <c>else</c>, <c>break</c> and <c>continue</c>, <c>set</c>,
/// <c>namespace</c>, <c>macro</c>, <c>generation</c>, filters, tests, slices and methods of texts. It is compiled once
/// to closures and may be rendered by several threads at once. Templates come with models, from strangers: their time,
/// output and depth have limits, and they reach nothing but the values that you give.
/// </summary>
public sealed class JinjaTemplate
{
    readonly Statement body;

    JinjaTemplate(Statement body) => this.body = body;

    /// <summary>Compiles a template.</summary>
    /// <exception cref="TemplateException">It is no template; the message says what is wrong in which line.</exception>
    public static JinjaTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new JinjaTemplate(new JinjaParser(JinjaLexer.Read(source)).Template());
    }

    /// <summary>Renders the template.</summary>
    /// <param name="variables">
    /// What it can name: null, bool, long, double, string, lists (<see cref="List{T}"/> of object) and mappings
    /// (<see cref="OrderedDictionary{TKey, TValue}"/> of string and object); <see cref="JinjaJson.Value"/> makes them
    /// of JSON.
    /// </param>
    /// <param name="limits">How far it may go; the defaults are ample for any chat.</param>
    /// <exception cref="TemplateException">
    /// The template raises, names what is not there, or goes beyond a limit.
    /// </exception>
    public RenderedText Render(IEnumerable<KeyValuePair<string, object?>> variables, TemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var run = new JinjaRun(limits ?? new TemplateLimits());
        var scope = new JinjaScope(run, null);
        JinjaLibrary.AddGlobals(scope);
        foreach ((string name, object? value) in variables)
            scope.Set(name, value);
        try
        {
            body(scope);
        }
        catch (InsufficientExecutionStackException)
        {
            throw new TemplateException("the template calls itself too deeply");
        }
        return new RenderedText(run.Output.ToString(), run.Generations);
    }
}

/// <summary>A rendered template.</summary>
/// <param name="Text">The text.</param>
/// <param name="Generations">
/// What of it the model is to say: the stretches between <c>generation</c> and <c>endgeneration</c>, in order; empty
/// for templates without these tags.
/// </param>
public sealed record RenderedText(string Text, IReadOnlyList<Range> Generations);

/// <summary>How far a template may go.</summary>
public sealed record TemplateLimits
{
    /// <summary>The most characters that it or a text within it may have.</summary>
    public int Output { get; init; } = 16 << 20;

    /// <summary>The most steps: statements, calls and turns of loops.</summary>
    public long Steps { get; init; } = 20_000_000;

    /// <summary>The most time.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most macros inside each other.</summary>
    public int Depth { get; init; } = 64;
}

/// <summary>A template that is wrong, raises or goes beyond a limit.</summary>
public sealed class TemplateException : Exception
{
    const int LongestMessage = 400;

    /// <param name="message">What is wrong; what a template has in it may be long, and is cut.</param>
    /// <param name="line">The line, from 1; 0 where none is known.</param>
    public TemplateException(string message, int line = 0)
        : base((line > 0 ? $"line {line} of the template: " : "") + Files.JsonField.Excerpt(message, LongestMessage)) =>
        Line = line;

    TemplateException(string words) : base(words) { }

    /// <summary>A template that raises: the message is its own words.</summary>
    internal static TemplateException Raised(string words) => new(words);

    /// <summary>The line, from 1; 0 where none is known.</summary>
    public int Line { get; }
}

/// <summary>What all scopes of a rendering share: the output and the limits.</summary>
sealed class JinjaRun(TemplateLimits limits)
{
    readonly long end = Stopwatch.GetTimestamp() + (long)(limits.Time.TotalSeconds * Stopwatch.Frequency);
    long steps;

    public StringBuilder Output { get; set; } = new();

    public List<Range> Generations { get; } = [];

    public int Depth { get; set; }

    public TemplateLimits Limits => limits;

    public void Step()
    {
        if (++steps > limits.Steps)
            throw new TemplateException($"the template takes more than {limits.Steps} steps");
        if (steps % 256 == 0 && Stopwatch.GetTimestamp() > end)
            throw new TemplateException($"the template takes more than {limits.Time.TotalSeconds} seconds");
    }

    public void Write(string text)
    {
        Require(Output.Length + (long)text.Length);
        Output.Append(text);
    }

    /// <summary>Requires that a text of so many characters may be made.</summary>
    public void Require(long length)
    {
        if (length > limits.Output)
            throw new TemplateException($"the template makes more than {limits.Output} characters");
    }
}

/// <summary>Names and their values; those of the scopes around can be read.</summary>
sealed class JinjaScope(JinjaRun run, JinjaScope? parent)
{
    readonly Dictionary<string, object?> values = new(StringComparer.Ordinal);

    public JinjaRun Run => run;

    public JinjaScope Root => parent?.Root ?? this;

    public void Set(string name, object? value) => values[name] = value;

    public object? Get(string name)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope.values.TryGetValue(name, out object? value))
                return value;
        }
        return new Undefined(name);
    }

    JinjaScope? Parent => parent;
}
