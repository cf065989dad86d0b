// Steps per second of processor time, ours beside the C loop of ../loop.c, in turns on one thread:
//   rl2-mujoco-benchmark LOOP-PROGRAM MODELS-FOLDER [ROUNDS [STEPS]]
using System.Diagnostics;
using System.Globalization;
using RLSquared.MuJoCo;
using RLSquared.Tasks;

string loop = args[0], models = args[1];
int rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 7;
int steps = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 4000;
foreach ((string task, string model) in ((string, string)[])
    [
        ("half-cheetah-velocity", "half-cheetah"), ("half-cheetah", "half-cheetah"), ("ant", "ant"),
        ("ant-direction", "ant"),
    ])
{
    string file = Path.Combine(models, $"{model}.xml");
    Play(task, 200);
    List<double> ours = [], theirs = [];
    for (int round = 0; round < rounds; round++)
    {
        theirs.Add(Run(loop, file, steps));
        ours.Add(Play(task, steps));
    }
    double[] ratios = [.. ours.Zip(theirs, (a, b) => a / b)];
    string range = string.Create(CultureInfo.InvariantCulture,
        $"{Median(ratios):F3} ({ratios.Min():F3} to {ratios.Max():F3}, {rounds} rounds)");
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{task,-24}ours {Median(ours),8:N0}   C {Median(theirs),8:N0} steps/s   median of ratios {range}"));
}

// Eight lanes of one thread with uniform random actions; an episode that ends begins anew, as in training.
static double Play(string name, int steps)
{
    const int lanes = 8;
    TaskDistribution task = MuJoCoCatalogue.Create(name);
    Lanes made = task.CreateLanes(lanes);
    var actions = new ActionBuffer(task.Action, lanes);
    float[] observations = new float[lanes * task.Observation.Width], rewards = new float[lanes];
    var endings = new Endings[lanes];
    uint random = 1;
    made.Begin(1, 0, observations);
    TimeSpan start = Used();
    int played = 0;
    for (int step = 0; played < steps; step++)
    {
        for (int i = 0; i < actions.Numbers.Length; i++)
        {
            random = random * 1664525 + 1013904223;
            actions.Numbers[i] = (random >> 8) * (1f / 8388608) - 1;
        }
        foreach (Endings ending in endings)
            played += (ending & Endings.TrialEnded) == 0 ? 1 : 0;
        made.Step(actions.Span, observations, rewards, endings);
        if (Array.TrueForAll(endings, ending => (ending & Endings.TrialEnded) != 0))
        {
            made.Begin(1, (ulong)step, observations);
            Array.Clear(endings);
        }
    }
    return played / (Used() - start).TotalSeconds;
}

static TimeSpan Used()
{
    using var self = Process.GetCurrentProcess();
    return self.TotalProcessorTime;
}

static double Run(string program, string file, int steps)
{
    using Process process = Process.Start(new ProcessStartInfo(program, [file, $"{steps}", "5"])
    {
        RedirectStandardOutput = true,
    })!;
    string first = process.StandardOutput.ReadLine()!;
    process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return double.Parse(first, CultureInfo.InvariantCulture);
}

static double Median(IEnumerable<double> values)
{
    double[] sorted = [.. values.Order()];
    return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2]
        : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
