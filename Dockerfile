FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
RUN make install
# The index outlives the container in a volume on /app/data; bring your own articles by mounting them on /app/seeds.
EXPOSE 8000
ENV QA_SERVER__HOST=0.0.0.0
CMD [".venv/bin/qa", "serve"]
