using System.Globalization;
using RLSquared.Gpu.Benchmark;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 2)
{
    Console.Error.WriteLine("usage: rl2-gpu-benchmark figures|rows FOLDER [seconds]");
    return 2;
}
double seconds = args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 120;
Directory.CreateDirectory(args[1]);
switch (args[0])
{
    case "figures":
        Figures.Run(Path.Combine(args[1], "ours.json"));
        return 0;
    case "rows":
        Rows.Run(args[1], seconds, args.Length > 3 ? args[3].Split(',') : null);
        return 0;
    default:
        Console.Error.WriteLine($"there is no part {args[0]}; the parts are figures and rows");
        return 2;
}
