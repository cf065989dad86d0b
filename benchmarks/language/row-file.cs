// What programs with '#:property WritesRows=true' share: the call FOLDER SEED VARIANTS [name=value …], and a line of
// FOLDER/rows.jsonl for each variant, of which results.cs makes the tables.

using System.Diagnostics;
using System.Text.Json.Nodes;

/// <summary>A call, and the rows that it adds.</summary>
sealed class RowFile
{
    readonly Dictionary<string, double> numbers;
    readonly string program, variants, given;

    /// <summary>Reads the call.</summary>
    /// <param name="program">Its file, such as <c>exprl.cs</c>.</param>
    /// <param name="args">FOLDER SEED VARIANTS [name=value …]; the folder is made.</param>
    /// <param name="numbers">What a call may change, and what it is otherwise.</param>
    public RowFile(string program, string[] args, Dictionary<string, double> numbers)
    {
        (this.program, this.numbers, Folder, Seed, variants) =
            (program, numbers, args[0], ulong.Parse(args[1]), args[2]);
        given = string.Concat(args[3..].Select(one => " " + one));
        foreach (string[] pair in args[3..].Select(one => one.Split('=')))
        {
            if (pair.Length != 2 || !numbers.ContainsKey(pair[0]))
                throw new ArgumentException($"'{string.Join('=', pair)}' is none of {string.Join(", ", numbers.Keys)}");
            numbers[pair[0]] = double.Parse(pair[1]);
        }
        Directory.CreateDirectory(Folder);
    }

    /// <summary>Where rows and models are kept.</summary>
    public string Folder { get; }

    /// <summary>Of everything random.</summary>
    public ulong Seed { get; }

    /// <summary>A number that a call may change.</summary>
    public double this[string name] => numbers[name];

    /// <summary>The same as a whole number.</summary>
    public int Whole(string name) => (int)numbers[name];

    /// <summary>Measures one variant after the other; each has a row as soon as it is there.</summary>
    /// <param name="threads">Threads.</param>
    /// <param name="measure">Is given a variant and where its figures go.</param>
    /// <param name="taskOf">Rows of another task make tables of their own; null for one task.</param>
    public async Task AddAll(int threads, Func<string, JsonObject, Task> measure, Func<string, string>? taskOf = null)
    {
        foreach (string variant in variants.Split(','))
        {
            var clock = Stopwatch.StartNew();
            var figures = new JsonObject();
            await measure(variant, figures);
            var row = new JsonObject
            {
                ["task"] = taskOf?.Invoke(variant) ?? "",
                ["seed"] = Seed,
                ["variant"] = variant,
                ["command"] = $"dotnet run -c Release benchmarks/language/{program} FOLDER {Seed} {variant}{given}",
                ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds),
                ["threads"] = threads,
                ["figures"] = figures,
            };
            File.AppendAllText(Path.Combine(Folder, "rows.jsonl"), row.ToJsonString() + "\n");
            Console.WriteLine(row.ToJsonString());
        }
    }

    /// <summary>A figure: the mean of values, with its standard error where there are several.</summary>
    public static void Add(JsonObject figures, string name, IEnumerable<double> values)
    {
        double[] of = [.. values];
        double mean = of.Average();
        figures[name] = new JsonObject
        {
            ["mean"] = Math.Round(mean, 4),
            ["standardError"] = of.Length > 1 ? Math.Round(Math.Sqrt(of.Sum(one => (one - mean) * (one - mean))
                / (of.Length - 1) / of.Length), 4) : null,
            ["instances"] = of.Length,
        };
        Console.WriteLine($"  {name} {mean:F4}");
    }
}
