using RLSquared.Benchmarks;

return args switch
{
    ["openblas", .. string[] rest] => OpenBlas.Compare(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: RLSquared.Benchmarks openblas [PRODUCT [THREADS]]");
    return 2;
}
