#:project ../src/RLSquared.Cli/RLSquared.Cli.csproj
#:property PublishAot=false

// Draws the learning curves of runs into one picture, with lines across it for known scores:
//   dotnet run benchmarks/plot-curves.cs -- OUT.svg TITLE NAME=RUN_FOLDER … NAME=SCORE …

using System.Globalization;
using RLSquared.Cli.Plots;
using RLSquared.Cli.Reproduction;

if (args.Length < 3 || args[2..].Any(argument => !argument.Contains('=', StringComparison.Ordinal)))
{
    Console.Error.WriteLine("usage: plot-curves OUT.svg TITLE NAME=RUN_FOLDER … NAME=SCORE …");
    return 2;
}
List<PlotLine> lines = [];
List<ReferenceLine> scores = [];
foreach (string argument in args[2..])
{
    (string name, string value) = (argument[..argument.IndexOf('=')], argument[(argument.IndexOf('=') + 1)..]);
    if (double.TryParse(value, CultureInfo.InvariantCulture, out double score))
    {
        scores.Add(new ReferenceLine($"{name} {value}", score, IsCeiling: true));
        continue;
    }
    Curve curve = Curve.Read(Path.Combine(value, "metrics.jsonl"));
    lines.Add(new PlotLine(name, [.. curve.Steps.Zip(curve.Returns, (step, mean) => ((double)step, mean))]));
}
File.WriteAllText(args[0], new LinePlot
{
    Title = args[1],
    XTitle = "environment steps of training",
    YTitle = "mean return of a trial",
    Lines = lines,
    References = scores,
}.ToSvg());
return 0;
