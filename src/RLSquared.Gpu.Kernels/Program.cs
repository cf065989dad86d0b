using RLSquared.Gpu.Kernels;

if (args.Length != 1)
{
    Console.Error.WriteLine("name the file to write: dotnet run --project src/RLSquared.Gpu.Kernels -- " +
        "src/RLSquared.Gpu/Kernels.ptx");
    return 2;
}
string text = PtxText.Write();
File.WriteAllText(args[0], text);
Console.WriteLine($"{KernelSet.Methods.Count} kernels, {text.Length} characters");
return 0;
