using System.Globalization;

namespace RLSquared.Settings;

/// <summary>
/// The options of one task, agent or algorithm by name: how each is described, read from text and shown as text. It is
/// an explicit table, without reflection, so that it survives trimming and ahead-of-time compilation.
/// <para>To add an option: 1. an init property with its documentation in the options record, whose accessor checks the
/// range through <see cref="Require"/>; 2. one entry in the record's table, with what low and high values do; 3. a test
/// that it changes something. The command line, its help and the run's <c>config.json</c> then know it.</para>
/// </summary>
public abstract class OptionTable
{
    private protected OptionTable(string owner) => Owner = owner;

    /// <summary>Whose options these are, as it reads in a message: 'the task bandits'.</summary>
    public string Owner { get; }

    /// <summary>All options in the order in which they were declared.</summary>
    public abstract IReadOnlyList<Setting> Settings { get; }

    /// <summary>
    /// Whether there is an option of this name. Case does not count, and an underscore is as good as a hyphen.
    /// </summary>
    public bool Contains(string key) => Settings.Any(setting => SameName(setting.Name, key));

    /// <summary>
    /// Gives each assignment to the first table that knows its key; result i holds, in order, those of table i.
    /// </summary>
    /// <exception cref="OptionException">No table knows a key; the message names the nearest that one does.</exception>
    public static IReadOnlyList<Assignment>[] Divide(IEnumerable<Assignment> assignments, params OptionTable[] tables)
    {
        ArgumentNullException.ThrowIfNull(assignments);
        ArgumentNullException.ThrowIfNull(tables);
        List<Assignment>[] shares = [.. tables.Select(_ => new List<Assignment>())];
        foreach (Assignment assignment in assignments)
        {
            int owner = Array.FindIndex(tables, table => table.Contains(assignment.Key));
            if (owner < 0)
                throw Unknown(assignment.Key, tables);
            shares[owner].Add(assignment);
        }
        return shares;
    }

    private protected static OptionException Unknown(string key, params OptionTable[] tables)
    {
        string[] names = [.. tables.SelectMany(table => table.Settings).Select(setting => setting.Name)];
        string owners = string.Join(" and ", tables.Select(table => table.Owner));
        string verb = tables.Length == 1 ? "has" : "have";
        string known = $"; {owners} {verb} {(names.Length == 0 ? "no options" : string.Join(", ", names))}";
        string hint = Suggestions.Nearest(key, names) is { } nearest ? $"; did you mean '{nearest}'?" : known;
        return new OptionException(key, $"there is no option '{key}'{hint}");
    }

    private protected static bool SameName(string name, string key) =>
        name.Equals(key.Replace('_', '-'), StringComparison.OrdinalIgnoreCase);
}

/// <summary>The options of <typeparamref name="TOptions"/>, a record whose init properties hold them.</summary>
/// <typeparam name="TOptions">An immutable type: setting an option makes a changed copy.</typeparam>
public sealed class OptionTable<TOptions> : OptionTable where TOptions : class
{
    readonly List<Entry> entries = [];

    /// <summary>An empty table; the methods below add one option each and return the table.</summary>
    /// <param name="owner">Whose options these are, as it reads in a message: 'the task bandits'.</param>
    /// <param name="defaults">What holds when the user says nothing.</param>
    public OptionTable(string owner, TOptions defaults) : base(owner) => Defaults = defaults;

    /// <summary>What holds when the user says nothing.</summary>
    public TOptions Defaults { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => [.. entries.Select(entry => entry.Setting)];

    /// <summary>Adds an option that is a whole number.</summary>
    /// <param name="name">Its name on the command line, in lower case with hyphens.</param>
    /// <param name="description">What it is, in a few words.</param>
    /// <param name="get">Reads it from the options.</param>
    /// <param name="set">The options with another value; may throw an <see cref="OptionException"/>.</param>
    /// <param name="low">What a low value does; empty where the question makes no sense.</param>
    /// <param name="high">What a high value does; empty where the question makes no sense.</param>
    public OptionTable<TOptions> Integer(
        string name, string description, Func<TOptions, int> get, Func<TOptions, int, TOptions> set,
        string low = "", string high = "") =>
        Add(name, "whole number", description, low, high, options => Text(get(options)), (options, text) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                ? set(options, value)
                : throw Unreadable(name, text, "a whole number", "10"));

    /// <summary>Adds an option that is a finite number of double precision.</summary>
    /// <inheritdoc cref="Integer" path="/param"/>
    public OptionTable<TOptions> Number(
        string name, string description, Func<TOptions, double> get, Func<TOptions, double, TOptions> set,
        string low = "", string high = "") =>
        Add(name, "number", description, low, high, options => Text(get(options)), (options, text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && double.IsFinite(value)
                ? set(options, value)
                : throw Unreadable(name, text, "a number", "0.5 or 3e-4"));

    /// <summary>Adds an option that is a finite number of single precision.</summary>
    /// <inheritdoc cref="Integer" path="/param"/>
    public OptionTable<TOptions> Number(
        string name, string description, Func<TOptions, float> get, Func<TOptions, float, TOptions> set,
        string low = "", string high = "") =>
        Add(name, "number", description, low, high, options => Text(get(options)), (options, text) =>
            float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
                && float.IsFinite(value)
                ? set(options, value)
                : throw Unreadable(name, text, "a number", "0.5 or 3e-4"));

    /// <summary>
    /// Adds an option that is on or off; <c>true</c>, <c>yes</c>, <c>on</c> and <c>1</c> mean the same.
    /// </summary>
    /// <inheritdoc cref="Integer" path="/param"/>
    public OptionTable<TOptions> Switch(
        string name, string description, Func<TOptions, bool> get, Func<TOptions, bool, TOptions> set,
        string low = "", string high = "") =>
        Add(name, "true or false", description, low, high, options => get(options) ? "true" : "false",
            (options, text) => text.ToUpperInvariant() switch
            {
                "TRUE" or "YES" or "ON" or "1" => set(options, true),
                "FALSE" or "NO" or "OFF" or "0" => set(options, false),
                _ => throw Unreadable(name, text, "a switch", "true or false"),
            });

    /// <summary>Adds an option that is one of a few named values.</summary>
    public OptionTable<TOptions> Choice<TValue>(
        string name, string description, Func<TOptions, TValue> get, Func<TOptions, TValue, TOptions> set,
        params (string Name, TValue Value)[] choices) where TValue : struct, Enum
    {
        string[] names = [.. choices.Select(choice => choice.Name)];
        string kind = string.Join(", ", names[..^1]) + " or " + names[^1];
        return Add(name, kind, description, "", "",
            options => choices.First(choice => choice.Value.Equals(get(options))).Name,
            (options, text) =>
            {
                int index = Array.FindIndex(names, candidate => SameName(candidate, text));
                if (index >= 0)
                    return set(options, choices[index].Value);
                string hint = Suggestions.Ask(text, names);
                throw new OptionException(name, $"{name} must be {kind}, but is '{text}'{hint}");
            });
    }

    /// <summary>Adds an option that is any text.</summary>
    public OptionTable<TOptions> Words(
        string name, string description, Func<TOptions, string> get, Func<TOptions, string, TOptions> set) =>
        Add(name, "text", description, "", "", get, set);

    /// <summary>Adds all options of a part of these options, under their own names.</summary>
    /// <typeparam name="TPart">The part's type.</typeparam>
    /// <param name="part">The part's table.</param>
    /// <param name="get">Reads the part from the options.</param>
    /// <param name="set">The options with another part.</param>
    public OptionTable<TOptions> Include<TPart>(
        OptionTable<TPart> part, Func<TOptions, TPart> get, Func<TOptions, TPart, TOptions> set) where TPart : class
    {
        ArgumentNullException.ThrowIfNull(part);
        foreach (OptionTable<TPart>.Entry entry in part.entries)
        {
            Setting setting = entry.Setting;
            Add(setting.Name, setting.Kind, setting.Description, setting.Low, setting.High,
                options => entry.Get(get(options)), (options, text) => set(options, entry.Set(get(options), text)));
        }
        return this;
    }

    /// <summary>
    /// A copy of <paramref name="options"/> with the assignments carried out in order; a later one wins.
    /// </summary>
    /// <exception cref="OptionException">
    /// An unknown key (the message names the nearest), a value that cannot be read, or one that is out of range.
    /// </exception>
    public TOptions Apply(TOptions options, IEnumerable<Assignment> assignments)
    {
        ArgumentNullException.ThrowIfNull(assignments);
        foreach ((string key, string value) in assignments)
        {
            Entry entry = entries.Find(entry => SameName(entry.Setting.Name, key)) ?? throw Unknown(key, this);
            options = entry.Set(options, value);
        }
        return options;
    }

    /// <summary>The defaults with the assignments carried out.</summary>
    /// <inheritdoc cref="Apply(TOptions, IEnumerable{Assignment})" path="/exception"/>
    public TOptions Apply(IEnumerable<Assignment> assignments) => Apply(Defaults, assignments);

    /// <summary>The same with those of a run's options that are in this table; others are of other tables.</summary>
    /// <param name="options">Options of task and algorithm.</param>
    /// <inheritdoc cref="Apply(TOptions, IEnumerable{Assignment})" path="/exception"/>
    internal TOptions ApplyOwn(IReadOnlyDictionary<string, string> options) => Apply(
        options.Where(pair => Contains(pair.Key)).Select(pair => new Assignment(pair.Key, pair.Value)));

    /// <summary>
    /// Every option with its value, as text that <see cref="Apply(TOptions, IEnumerable{Assignment})"/> reads back to
    /// the same options.
    /// </summary>
    public IReadOnlyList<Assignment> Show(TOptions options) =>
        [.. entries.Select(entry => new Assignment(entry.Setting.Name, entry.Get(options)))];

    OptionTable<TOptions> Add(
        string name, string kind, string description, string low, string high,
        Func<TOptions, string> get, Func<TOptions, string, TOptions> set)
    {
        if (Contains(name))
            throw new ArgumentException($"{Owner} has two options named '{name}'", nameof(name));
        entries.Add(new Entry(new Setting(name, kind, get(Defaults), description, low, high), get, set));
        return this;
    }

    static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    static OptionException Unreadable(string name, string text, string wanted, string example) =>
        new(name, $"{name} must be {wanted} such as {example}, but is '{text}'");

    sealed record Entry(Setting Setting, Func<TOptions, string> Get, Func<TOptions, string, TOptions> Set);
}
